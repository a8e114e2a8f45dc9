// parse/signal.h - signals by name and number, signal(7).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace limpet::parse {

// "INT", "SIGINT", "int", "2", "EXIT" (0, of trap) -> number; nullopt when there is no such signal.
std::optional<int> signal_number(std::string_view name);
std::string signal_name(int signal);

}  // namespace limpet::parse
