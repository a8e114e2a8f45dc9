// runtimes/database.h - reading a database that its daemon may be writing to.
#pragma once

#include "parse/bolt.h"
#include "runtimes/node.h"

namespace limpet::runtimes {

// Calls the reader with the database, again while its writer was so quick that pages were reused
// under it: what the reader has filled must not outlive a second call.
using DatabaseReader = std::function<Result<>(const parse::Bolt&)>;
Result<> read_database(const Node& node, const std::string& path, const DatabaseReader& reader);

}  // namespace limpet::runtimes
