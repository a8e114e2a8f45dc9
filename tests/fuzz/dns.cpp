// dns.cpp - fuzzes parse::dns_message, and what is read from the files of the resolver.
#include "parse/dns.h"
#include "parse/resolver.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace limpet::parse;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto message = dns_message(bytes)) {
        for (const auto& question : message->questions) {
            // What came in as a name goes out as one: text and bytes are the same.
            const auto query = dns_query(question, {});
            if (query && !dns_message(*query)) __builtin_trap();
        }
    }
    const auto settings = resolver_settings(bytes);
    if (settings.servers.size() > 3 || settings.search.size() > 32) __builtin_trap();
    static_cast<void>(hosts_addresses(bytes, "localhost"));
    static_cast<void>(name_services(bytes));
    return 0;
}
