// How far a turn has come. Between the two RocksDB puts its round where readers see it; who begins to read then waits for that.
#pragma once

namespace baton {

// In the order in which they come.
enum class Reached { durable, seen };

}  // namespace baton
