// How the journal marks that a call was refused which earlier versions let pass: as a patch whose id begins so. Pure.
#pragma once

#include <string_view>

namespace baton {

constexpr std::string_view kRefusedCall = "refused:";

}  // namespace baton
