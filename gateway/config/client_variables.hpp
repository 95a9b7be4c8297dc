// The environment's variables that the command line reads as a client. The server leaves them alone, so that one environment
// serves both. docs/CONFIGURATION.md describes them, and a test compares the two.
#pragma once

namespace baton::client_variables {

inline constexpr const char* kClient = "BATON_CLIENT";
inline constexpr const char* kUrl = "BATON_URL";
inline constexpr const char* kAuthority = "BATON_AUTHORITY";
inline constexpr const char* kKey = "BATON_KEY";
inline constexpr const char* kSubject = "BATON_SUBJECT";
inline constexpr const char* kRole = "BATON_ROLE";
inline constexpr const char* kUnit = "BATON_UNIT";

inline constexpr const char* kAll[] = {kClient, kUrl, kAuthority, kKey, kSubject, kRole, kUnit};

}  // namespace baton::client_variables
