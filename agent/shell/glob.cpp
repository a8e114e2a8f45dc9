// shell/glob.cpp - pathname expansion, XCU 2.13.3.
#include "shell/expand.h"
#include "shell/files.h"
#include "shell/pattern.h"
#include "shell/shell.h"
#include "target/deadline.h"

#include <algorithm>

namespace limpet::shell {
namespace {

struct Search {
    Shell& shell;
    std::vector<std::string>& paths;
};

bool list_matches(Search& search, const std::string& prefix, std::string_view pattern,
                  std::vector<std::string>& names) {
    const auto directory = open_directory(search.shell, prefix);
    if (!directory) return false;
    const target::deadline::Guard guard(search.shell.target);
    target::Listing listing(*directory, prefix);
    // A leading dot must be written.
    const bool dots = pattern.starts_with('.') || pattern.starts_with("\\.");
    for (;;) {
        const auto entry = listing.next();
        if (!entry || !*entry) break;
        const auto name = (*entry)->name;
        if (name.starts_with('.') && !dots) continue;
        if (matches(pattern, name)) names.emplace_back(name);
    }
    return true;
}

// `prefix` is what was found so far, `rest` the pattern that remains.
void search_below(Search& search, std::string prefix, std::string_view rest) {
    while (rest.starts_with('/')) {
        prefix += '/';
        rest.remove_prefix(1);
    }
    const auto slash = rest.find('/');
    const auto component = rest.substr(0, slash);
    const bool is_last = slash == rest.npos;
    if (!has_magic(component)) {
        prefix += unescaped(component);
        if (!is_last) return search_below(search, std::move(prefix), rest.substr(slash));
        if (stat_path(search.shell, prefix, target::Follow::no)) {
            search.paths.push_back(std::move(prefix));
        }
        return;
    }
    std::vector<std::string> names;
    if (!list_matches(search, prefix, component, names)) return;
    for (const auto& name : names) {
        if (is_last) {
            search.paths.push_back(prefix + name);
        } else if (is_directory(search.shell, prefix + name)) {
            search_below(search, prefix + name, rest.substr(slash));
        }
    }
}

}  // namespace

bool glob(Shell& shell, std::string_view pattern, std::vector<std::string>& paths) {
    std::vector<std::string> found;
    Search search{shell, found};
    search_below(search, {}, pattern);
    std::ranges::sort(found);
    for (auto& path : found) paths.push_back(std::move(path));
    return !found.empty();
}

}  // namespace limpet::shell
