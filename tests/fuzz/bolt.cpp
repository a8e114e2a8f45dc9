// bolt.cpp - fuzzes parse::Bolt: every bucket that it finds, some levels down.
#include "parse/bolt.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

using limpet::parse::Bolt;

void visit(const Bolt& database, std::vector<std::string>& path, int& budget) {
    const auto entries = database.list(path);
    if (!entries || path.size() > 5) return;
    for (const auto& entry : *entries) {
        if (!entry.bucket || --budget < 0) continue;
        path.push_back(entry.key);
        visit(database, path, budget);
        path.pop_back();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string file(reinterpret_cast<const char*>(data), size);
    const auto read = [&](std::uint64_t offset, std::size_t wanted) {
        return offset < file.size() ? file.substr(offset, wanted) : std::string();
    };
    const auto database = Bolt::open(read);
    if (!database) return 0;
    std::vector<std::string> path;
    int budget = 64;
    visit(*database, path, budget);
    static_cast<void>(database->changed());
    return 0;
}
