// languages.cpp - runtimes of languages in the target: which, what version, what they run.
//
// By files alone: nothing of the target is started to ask it.
#include "commands/command.h"
#include "commands/elf_file.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/go_build.h"
#include "parse/lines.h"

#include <algorithm>
#include <array>

namespace limpet::commands {
namespace {

constexpr std::size_t database_limit = std::size_t{32} << 20;

struct Language {
    std::string_view name;
    std::string_view program;   // how its file's name begins
    std::string_view packages;  // names in the databases of packages, best first
    // Options that take the next word, and those that are the end of options themselves.
    std::string_view with_word, ends;
};
constexpr Language languages[]{
    {"python", "python", "python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3",
     "-W -X", "-m -c"},
    {"node", "node", "nodejs nodejs-current node", "-r --require --import", "-e --eval -p"},
    {"ruby", "ruby", "ruby3.3 ruby3.1 ruby2.7 ruby", "-I -r", "-e"},
    {"dotnet", "dotnet", "dotnet-runtime-8.0 dotnet-runtime-9.0 dotnet-runtime-6.0 dotnet8-runtime",
     "--runtimeconfig --depsfile --additionalprobingpath", "exec"},
    {"java", "java", "openjdk-21-jre-headless openjdk-17-jre-headless openjdk-11-jre-headless",
     "-cp -classpath --class-path -p --module-path --add-modules", "-jar -m --module"},
    {"php", "php", "php8.3-cli php8.2-cli php-cli", "-c -d", "-r -f"},
    {"perl", "perl", "perl-base perl", "-I", "-e -E"},
};

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        if (parse::take(list, ' ') == word) return true;
    }
    return false;
}

struct Found {
    const Language* language = nullptr;
    std::string version, from;  // which file says so
    std::string program, entry;
};

class Versions {
public:
    explicit Versions(const target::Target& target) : target_(target) {}
    void find(Found& found);

private:
    bool from_header(Found& found, const std::string& path, std::string_view before);
    bool from_folders(Found& found, const std::string& path);
    bool from_node(Found& found, const std::string& path);
    bool from_packages(Found& found);
    std::string read(const std::string& path, std::size_t limit = limits::small_file) {
        return target::read(target_, path, limit).value_or("");
    }
    const target::Target& target_;
    std::string dpkg_, apk_;
    bool loaded_ = false;
};

// What stands behind `before`, in quotes or up to the end of the line.
std::string_view value_of(std::string_view text, std::string_view before) {
    const auto at = text.find(before);
    if (at == text.npos) return {};
    auto rest = text.substr(at + before.size());
    rest = parse::trimmed(rest.substr(0, rest.find('\n')));
    if (rest.starts_with('"')) rest = rest.substr(1, rest.find('"', 1) - 1);
    return rest;
}

bool Versions::from_header(Found& found, const std::string& path, std::string_view before) {
    const auto text = read(path);
    const auto value = value_of(text, before);
    if (value.empty()) return false;
    found.version = value;
    found.from = path;
    return true;
}

// /usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1: the greatest name.
bool Versions::from_folders(Found& found, const std::string& path) {
    const auto folder = target::open_directory(target_, path);
    if (!folder) return false;
    target::Listing listing(folder->fd, path);
    std::string best;
    while (true) {
        const auto entry = listing.next();
        if (!entry || !*entry) break;
        const std::string name((*entry)->name);
        if (name.size() > 128 || name.empty() || name[0] < '0' || name[0] > '9') continue;
        if (best.empty() || ::strverscmp(name.c_str(), best.c_str()) > 0) best = name;
    }
    if (best.empty()) return false;
    found.version = best;
    found.from = path;
    return true;
}

bool Versions::from_node(Found& found, const std::string& path) {
    const auto text = read(path);
    std::string version;
    for (const std::string_view part : {"MAJOR", "MINOR", "PATCH"}) {
        const auto value = value_of(text, "#define NODE_" + std::string(part) + "_VERSION ");
        if (value.empty()) return false;
        if (!version.empty()) version += '.';
        version += value;
    }
    found.version = version;
    found.from = path;
    return true;
}

bool Versions::from_packages(Found& found) {
    if (!loaded_) {
        dpkg_ = read("/var/lib/dpkg/status", database_limit);
        apk_ = read("/lib/apk/db/installed", database_limit);
        loaded_ = true;
    }
    for (auto names = found.language->packages; !names.empty();) {
        const std::string name(parse::take(names, ' '));
        struct Database {
            std::string_view text, name, version, path;
        };
        const Database databases[]{{dpkg_, "Package: ", "\nVersion: ", "/var/lib/dpkg/status"},
                                   {apk_, "P:", "\nV:", "/lib/apk/db/installed"}};
        for (const auto& database : databases) {
            const auto at = database.text.find(std::string(database.name) + name + "\n");
            if (at == database.text.npos) continue;
            auto stanza = database.text.substr(at);
            stanza = stanza.substr(0, stanza.find("\n\n"));
            const auto version = value_of(stanza, database.version);
            if (version.empty()) continue;
            found.version = version;
            found.from = std::string(database.path) + " (" + name + ")";
            return true;
        }
    }
    return false;
}

void Versions::find(Found& found) {
    const auto& program = found.program;
    const auto slash = program.rfind('/');
    const auto folder = slash == program.npos ? std::string() : program.substr(0, slash);
    const auto name = slash == program.npos ? program : program.substr(slash + 1);
    const auto up = folder.substr(0, folder.rfind('/') == folder.npos ? 0 : folder.rfind('/'));
    const auto language = found.language->name;
    bool done = false;
    if (language == "python") {
        done = from_header(found, up + "/include/" + name + "/patchlevel.h", "#define PY_VERSION");
    } else if (language == "node") {
        done = from_node(found, up + "/include/node/node_version.h");
    } else if (language == "dotnet") {
        done = from_folders(found, folder + "/shared/Microsoft.NETCore.App");
    } else if (language == "java") {
        done = from_header(found, up + "/release", "JAVA_VERSION=");
    } else if (language == "ruby") {
        done = from_folders(found, up + "/lib/ruby/gems") || from_folders(found, up + "/lib/ruby");
    }
    if (done || from_packages(found)) return;
    // Of /usr/bin/python3.11 its own name.
    const auto digits = name.find_first_of("0123456789");
    if (digits != name.npos) {
        found.version = name.substr(digits);
        found.from = program;
    }
}

// The script, module, archive or assembly: the first word that is no option.
std::string entry_of(const Language& language, const std::vector<std::string>& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto& word = words[i];
        const bool more = i + 1 < words.size();
        if (has_word(language.ends, word)) return more ? word + " " + words[i + 1] : word;
        if (has_word(language.with_word, word)) {
            ++i;
        } else if (!word.starts_with('-')) {
            return word;
        }
    }
    return {};
}

const Language* language_of(std::string_view program) {
    const auto slash = program.rfind('/');
    const auto name = slash == program.npos ? program : program.substr(slash + 1);
    for (const auto& language : languages) {
        // python3.11, node, but not nodetool.
        if (!name.starts_with(language.program)) continue;
        const auto rest = name.substr(language.program.size());
        if (rest.find_first_not_of("0123456789.") == rest.npos) return &language;
    }
    return nullptr;
}

void show(Table& table, Versions& versions, std::optional<pid_t> pid, const std::string& program,
          const std::vector<std::string>& words, const target::Target& target) {
    Found found{.language = language_of(program), .program = program};
    std::string_view name;
    if (found.language) {
        name = found.language->name;
        versions.find(found);
        found.entry = entry_of(*found.language, words);
    } else {
        const auto opened = open_elf(target, program);
        const auto build = opened ? parse::go_build(opened->file)
                                  : Result<parse::GoBuild>(std::unexpected(opened.error()));
        if (!build) return;
        name = "go";
        found.version = build->go.starts_with("go") ? build->go.substr(2) : build->go;
        found.from = program;
        found.entry = build->path;
    }
    std::vector<Cell> cells;
    cells.emplace_back();
    if (pid) cells.back() = std::int64_t{*pid};
    cells.emplace_back(std::string(name));
    for (const auto& text : {found.version, found.program, found.entry, found.from}) {
        cells.emplace_back();
        if (!text.empty()) cells.back() = text;
    }
    table.row(std::move(cells));
}

int run(Invocation& call) {
    Table table(
        call, {{"pid", Align::right}, {"runtime"}, {"version"}, {"program"}, {"entry"}, {"from"}});
    Versions versions(call.target);
    const auto one = [&](const Process& process) {
        const auto program = process.at.readlink("exe").value_or("");
        const auto words = split_words(read_small(process, "cmdline").value_or(""));
        if (program.starts_with('/')) {
            show(table, versions, process.pid, program, words, call.target);
        }
    };
    if (!call.operands.empty()) {
        for (const auto& process : operand_processes(call)) one(process);
    } else if (call.target.pid != 0) {
        const auto done = each_process(call.target, [&](Process& process) { one(process); });
        if (!done) call.complain(done.error());
    } else {
        std::vector<std::string> words;
        for (const auto& [name, value] : call.target.facts) {
            if (name == "argument") words.push_back(value);
        }
        // By its name in the usual folders: what it is started with is `entrypoint`'s to say.
        for (const std::string_view folder : {"", "/usr/local/bin/", "/usr/bin/", "/bin/"}) {
            if (words.empty()) break;
            const auto path = std::string(folder) + words[0];
            if (!path.starts_with('/')) continue;
            if (!target::stat(call.target, path, target::Follow::yes)) continue;
            show(table, versions, std::nullopt, path, words, call.target);
            break;
        }
    }
    table.finish();
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command runtimes_command{
    .name = "runtimes",
    .usage = "[-o json] [PID...]",
    .summary = "list the language runtimes that run in the target, with versions and entry points",
    .theme = "container",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Of python, node, ruby, dotnet, java, php, perl and programs of Go. Versions come from "
        "files\n"
        "of the runtime or the packages' database; FROM says which. ENTRY is the script, module,\n"
        "archive or assembly. Of a container that does not run, what it would start.\n"
        "JSON fields: pid, runtime, version, program, entry, from (null when not known).\n\n"
        "Example:\n  runtimes\n",
    .without_process = true,
};
const Register registered{runtimes_command};

}  // namespace
}  // namespace limpet::commands
