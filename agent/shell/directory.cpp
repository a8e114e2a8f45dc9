// shell/directory.cpp - cd and pwd.
#include "shell/builtins.h"
#include "shell/expand.h"
#include "shell/files.h"
#include "shell/shell.h"
#include "target/deadline.h"

#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <vector>

namespace limpet::shell {
namespace {

// "/a/./b/../c" = "/a/c": cd -L takes .. back by text, XCU cd step 8.
std::string without_dots(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        path = slash == path.npos ? std::string_view{} : path.substr(slash + 1);
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            parts.push_back(part);
        } else if (!parts.empty()) {
            parts.pop_back();
        }
    }
    std::string result;
    for (const auto part : parts) {
        result += '/';
        result += part;
    }
    return result.empty() ? "/" : result;
}

std::string physical(Shell& shell) {
    if (!shell.here()) {
        // Link by link, since the kernel's own answer would be a path of the agent's.
        std::string real;
        std::string rest = shell.directory;
        for (int links = 0; !rest.empty() && links < 40;) {
            const auto start = rest.find_first_not_of('/');
            if (start == std::string::npos) break;
            const auto slash = rest.find('/', start);
            const auto part =
                rest.substr(start, slash == std::string::npos ? slash : slash - start);
            rest = slash == std::string::npos ? "" : rest.substr(slash);
            if (part == ".") continue;
            if (part == "..") {
                real.resize(real.empty() ? 0 : real.rfind('/'));
                continue;
            }
            const target::deadline::Guard guard(shell.target);
            const auto link = target::readlink(shell.target, real + '/' + part);
            if (!link) {
                real += '/' + part;
                continue;
            }
            ++links;
            if (link->starts_with('/')) real.clear();
            rest = "/" + *link + rest;
        }
        return real.empty() ? "/" : real;
    }
    char path[PATH_MAX];
    const char* here = ::getcwd(path, sizeof path);
    return here ? here : "";
}

bool change(Shell& shell, const std::string& logical, const std::string& written, bool by_text) {
    if (!shell.here()) {
        const target::deadline::Guard guard(shell.target);
        const auto opened = target::open_directory(shell.target, logical);
        if (!opened) {
            shell.complain("cd: " + text(opened.error()));
            return false;
        }
        return true;
    }
    if (::chdir(logical.c_str()) == 0) return true;
    // A name longer than the kernel takes in one piece is still reached from where we are.
    if (errno == ENAMETOOLONG && !by_text && ::chdir(written.c_str()) == 0) return true;
    if (errno == ENAMETOOLONG && ::chdir(written.c_str()) == 0) return true;
    shell.complain("cd: " + written + ": " + ::strerrordesc_np(errno));
    return false;
}

// CDPATH: the first directory in it that has one of this name.
std::string through_cdpath(Shell& shell, const std::string& name, bool& shown) {
    if (name.starts_with('/') || name == "." || name == ".." || name.starts_with("./") ||
        name.starts_with("../")) {
        return name;
    }
    std::string_view rest = shell.variables.text(sym_CDPATH);
    while (!rest.empty()) {
        std::string candidate(rest.substr(0, rest.find(':')));
        rest.remove_prefix(std::min(rest.size(), candidate.size() + 1));
        const bool here = candidate.empty() || candidate == ".";
        if (!candidate.empty() && !candidate.ends_with('/')) candidate += '/';
        candidate += name;
        if (!is_directory(shell, candidate)) continue;
        shown = !here;
        return candidate;
    }
    return name;
}

bool parse_mode(Shell& shell, Words& words, std::size_t& at, bool& by_link) {
    for (; at < words.size() && words[at].size() > 1 && words[at][0] == '-'; ++at) {
        if (words[at] == "--") {
            ++at;
            break;
        }
        for (const char letter : words[at].substr(1)) {
            if (letter != 'L' && letter != 'P') {
                misuse(shell, words, "there is no option -" + std::string(1, letter));
                return false;
            }
            by_link = letter == 'P';
        }
    }
    return true;
}

}  // namespace

int run_cd(Shell& shell, Words& words) {
    bool real = false;
    bool shown = false;
    std::size_t at = 1;
    if (!parse_mode(shell, words, at, real)) return 2;
    if (words.size() > at + 1) return misuse(shell, words, "too many arguments");
    std::string name = at < words.size() ? words[at] : std::string(shell.variables.text(sym_HOME));
    if (at == words.size() && name.empty()) {
        if (shell.here()) return misuse(shell, words, "HOME is not set");
        name = "/";
    }
    if (name.empty()) return misuse(shell, words, "the directory's name is empty");
    if (name == "-") {
        name = shell.variables.text(sym_OLDPWD);
        if (name.empty()) return misuse(shell, words, "OLDPWD is not set");
        shown = true;
    } else {
        name = through_cdpath(shell, name, shown);
    }
    const std::string before = shell.directory;
    std::string logical = name.starts_with('/') ? name : before + '/' + name;
    if (!real) {
        // b of a/b/.. must be there, as the kernel would have it.
        for (auto dots = logical.find("/.."); dots != std::string::npos;
             dots = logical.find("/..", dots + 3)) {
            const bool whole = dots + 3 == logical.size() || logical[dots + 3] == '/';
            if (whole && dots > 0 && !is_directory(shell, logical.substr(0, dots))) {
                shell.complain("cd: " + name + ": " + ::strerrordesc_np(ENOENT));
                return 1;
            }
        }
        logical = without_dots(logical);
    }
    if (!change(shell, real ? name : logical, name, !real)) return 1;
    if (real) {
        if (!shell.here()) shell.directory = target::join_path(before, name);
        logical = physical(shell);
        if (logical.empty()) logical = name;
    }
    shell.directory = logical;
    if (!shell.assign(sym_OLDPWD, before) || !shell.assign(sym_PWD, logical)) return 1;
    shell.variables.entry(sym_OLDPWD).exported = true;
    if (shown) shell.write(logical + '\n');
    return 0;
}

int run_pwd(Shell& shell, Words& words) {
    bool real = false;
    std::size_t at = 1;
    if (!parse_mode(shell, words, at, real)) return 2;
    auto path = real ? physical(shell) : shell.directory;
    if (path.empty()) {
        shell.complain("pwd: " + std::string(::strerrordesc_np(errno)));
        return 1;
    }
    shell.status = 0;
    shell.write(path + '\n');
    return shell.status;
}

}  // namespace limpet::shell
