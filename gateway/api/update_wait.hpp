// Waits for what an update comes to, and answers its caller with that; or, when the time is up, that it was accepted. The
// outcome stands in the instance's journal and nowhere else: when one of its updates is done, what is new there is read.
#pragma once

#include <memory>
#include <string>

#include "gateway/api/api_context.hpp"

namespace baton {

// 200 with {"update_id","outcome"}; 202 with {"update_id","state":"accepted"}. The instance exists.
void send_outcome_of_update(ApiContext& context, std::shared_ptr<Responder> responder, std::string instance,
                            std::string update_id, Duration at_most);

}  // namespace baton
