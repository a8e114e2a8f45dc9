// commands/libraries.cpp - which libraries a program's loader will find.
//
// glibc: the DT_RPATH of who asks and of who asked for that one (unless it has DT_RUNPATH),
// LD_LIBRARY_PATH, DT_RUNPATH, /etc/ld.so.cache, the folders of the system. musl: LD_LIBRARY_PATH,
// the rpath or runpath of who asks and of who asked for it, the folders of /etc/ld-musl-ARCH.path.
// Either skips what is of another class or machine.
#include "commands/libraries.h"

#include "commands/elf_file.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/linker_cache.h"

#include <elf.h>

#include <algorithm>

namespace limpet::commands {
namespace {

constexpr std::size_t objects_limit = 1024;
constexpr std::size_t cache_limit = std::size_t{16} << 20;
constexpr std::size_t folders_limit = 256;  // of one list: each name is looked for in all

struct Object {
    std::string path;
    std::string soname;
    std::size_t parent = 0;
    std::vector<std::string> needed;
    std::vector<std::string> rpath;  // with $ORIGIN replaced
    std::vector<std::string> runpath;
    std::vector<parse::elf::Version> versions;
};

class Loader {
public:
    Loader(const target::Target& target, std::string_view library_path, Linkage& linkage)
        : target_(target), linkage_(linkage) {
        environment_ = folders(library_path, {}, ":;");
    }
    Result<> program(const std::string& path);

private:
    Result<> load(const std::string& path, const parse::elf::File& file, std::size_t parent);
    std::vector<std::string> folders(std::string_view list, const std::string& origin,
                                     std::string_view separators) const;
    void resolve(std::size_t asker, const std::string& name);
    bool search(std::size_t asker, Library& library);
    bool try_folders(const std::vector<std::string>& list, const char* how, Library& library);
    bool try_file(const std::string& path, const char* how, Library& library);
    void read_system();
    void check_versions();

    const target::Target& target_;
    Linkage& linkage_;
    std::vector<Object> objects_;
    std::vector<std::string> environment_, system_;
    std::string cache_;
    bool musl_ = false;
    parse::elf::Header wanted_;
    std::size_t candidate_parent_ = 0;
};

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == path.npos || slash == 0 ? "/" : path.substr(0, slash);
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != text.npos && text.size() < 65536;) {
        text.replace(at, what.size(), by);
        at += by.size();
    }
}

std::vector<std::string> Loader::folders(std::string_view list, const std::string& origin,
                                         std::string_view separators) const {
    std::vector<std::string> found;
    while (!list.empty() && found.size() < folders_limit) {
        const auto end = list.find_first_of(separators);
        std::string folder(list.substr(0, end));
        list = end == list.npos ? std::string_view{} : list.substr(end + 1);
        for (const std::string_view name : {"${ORIGIN}", "$ORIGIN"}) {
            replace_all(folder, name, origin);
        }
        for (const std::string_view name : {"${LIB}", "$LIB"}) {
            replace_all(folder, name, wanted_.wide ? "lib64" : "lib");
        }
        for (const std::string_view name : {"${PLATFORM}", "$PLATFORM"}) {
            replace_all(folder, name, wanted_.machine == EM_X86_64 ? "x86_64" : "aarch64");
        }
        // A relative folder is one of the program's working directory, which is not known here.
        if (folder.starts_with('/')) found.push_back(std::move(folder));
    }
    return found;
}

Result<> Loader::load(const std::string& path, const parse::elf::File& file, std::size_t parent) {
    const auto dynamic = TRY(file.dynamic());
    Object object{.path = path, .soname = {}, .parent = parent};
    if (dynamic) {
        object.needed = dynamic->needed;
        object.soname = dynamic->soname.value_or("");
        const auto origin = folder_of(path);
        if (dynamic->runpath) {
            object.runpath = folders(*dynamic->runpath, origin, ":");
        } else if (dynamic->rpath) {
            object.rpath = folders(*dynamic->rpath, origin, ":");
        }
        object.versions = TRY(file.versions(*dynamic));
    }
    objects_.push_back(std::move(object));
    return {};
}

bool Loader::try_file(const std::string& path, const char* how, Library& library) {
    auto file = open_elf(target_, path);
    if (!file) {
        const auto& problem = file.error();
        if (problem.code != ENOENT && problem.code != ENOTDIR) library.problem = text(problem);
        return false;
    }
    const auto& header = file->file.header();
    if (header.wide != wanted_.wide || header.machine != wanted_.machine) {
        library.problem = path + ": of another architecture";
        return false;
    }
    if (auto done = load(path, file->file, candidate_parent_); !done) {
        library.problem = path + ": " + text(done.error());
        return false;
    }
    library.path = path;
    library.how = how;
    library.problem.clear();
    return true;
}

bool Loader::try_folders(const std::vector<std::string>& list, const char* how, Library& library) {
    for (const auto& folder : list) {
        if (try_file(target::join_path(folder, library.name), how, library)) return true;
    }
    return false;
}

bool Loader::search(std::size_t asker, Library& library) {
    candidate_parent_ = asker;
    if (library.name.find('/') != library.name.npos) {
        return library.name.starts_with('/') && try_file(library.name, "path", library);
    }
    if (musl_ && try_folders(environment_, "LD_LIBRARY_PATH", library)) return true;
    // From who asks up to the program; what has a runpath hides its own rpath, and of glibc all.
    if (musl_ || objects_[asker].runpath.empty()) {
        for (auto at = asker;; at = objects_[at].parent) {
            if (try_folders(objects_[at].rpath, "rpath", library)) return true;
            if (musl_ && try_folders(objects_[at].runpath, "runpath", library)) return true;
            if (at == 0) break;
        }
    }
    if (!musl_) {
        if (try_folders(environment_, "LD_LIBRARY_PATH", library)) return true;
        if (try_folders(objects_[asker].runpath, "runpath", library)) return true;
        for (const auto& path : parse::linker_cache(cache_, library.name)) {
            if (try_file(path, "cache", library)) return true;
        }
    }
    return try_folders(system_, "default", library);
}

void Loader::resolve(std::size_t asker, const std::string& name) {
    for (const auto& known : linkage_.libraries) {
        if (known.name == name) return;
    }
    for (const auto& object : objects_) {
        if (object.soname == name && !name.empty()) return;
    }
    Library library{.name = name, .needed_by = objects_[asker].path};
    // musl is its own libc, libpthread and so on.
    const bool own = musl_ && (name.starts_with("libc.") || name.starts_with("libpthread.") ||
                               name.starts_with("librt.") || name.starts_with("libm.") ||
                               name.starts_with("libdl.") || name.starts_with("libutil."));
    if (own) {
        library.path = linkage_.interpreter;
        library.how = "loaded";
    } else {
        search(asker, library);
    }
    linkage_.libraries.push_back(std::move(library));
}

void Loader::read_system() {
    const auto& interpreter = linkage_.interpreter;
    const auto slash = interpreter.rfind('/');
    const auto name = slash == interpreter.npos ? interpreter : interpreter.substr(slash + 1);
    musl_ = name.starts_with("ld-musl-");
    if (musl_) {
        auto file = "/etc/" + name.substr(0, name.find(".so")) + ".path";
        auto list = target::read(target_, file, limits::small_file);
        system_ =
            folders(list ? std::string_view(*list) : "/lib:/usr/local/lib:/usr/lib", {}, ":\n");
        return;
    }
    if (auto cache = target::read(target_, "/etc/ld.so.cache", cache_limit)) {
        cache_ = *std::move(cache);
    }
    // Debian has multiarch's folders compiled in, others lib64: what is not there costs a look.
    const char* triplet = wanted_.machine == EM_X86_64    ? "x86_64-linux-gnu"
                          : wanted_.machine == EM_AARCH64 ? "aarch64-linux-gnu"
                          : wanted_.machine == EM_386     ? "i386-linux-gnu"
                                                          : "";
    for (const char* base : {"/lib", "/usr/lib"}) {
        if (*triplet) system_.push_back(std::string(base) + '/' + triplet);
        if (wanted_.wide) system_.push_back(std::string(base) + "64");
        system_.emplace_back(base);
    }
}

// What ld.so refuses with "version `GLIBC_2.38' not found": the usual end of a program that was
// linked on a newer system.
void Loader::check_versions() {
    for (const auto& object : objects_) {
        for (const auto& needed : object.versions) {
            if (needed.defined || needed.weak) continue;
            for (const auto& offer : objects_) {
                if (offer.soname != needed.file) continue;
                bool any = false, found = false;
                for (const auto& version : offer.versions) {
                    any |= version.defined;
                    found |= version.defined && version.name == needed.name;
                }
                if (any && !found) {
                    linkage_.problems.push_back(offer.path + ": version `" + needed.name +
                                                "' not found (required by " + object.path + ")");
                }
                break;
            }
        }
    }
}

Result<> Loader::program(const std::string& path) {
    const auto opened = TRY(open_elf(target_, path));
    wanted_ = opened.file.header();
    linkage_.interpreter = TRY(opened.file.interpreter()).value_or("");
    linkage_.dynamic = opened.file.segment(PT_DYNAMIC) != nullptr;
    // A static position-independent program has a dynamic section for itself alone.
    TRY(load(path, opened.file, 0));
    if (linkage_.interpreter.empty() && objects_[0].needed.empty()) linkage_.dynamic = false;
    if (!linkage_.interpreter.empty()) {
        linkage_.interpreter_found =
            target::stat(target_, linkage_.interpreter, target::Follow::yes).has_value();
    }
    read_system();
    if (linkage_.interpreter_found) {
        // It is loaded already when libc asks for it by its soname.
        Library loader{.name = linkage_.interpreter};
        candidate_parent_ = 0;
        static_cast<void>(try_file(linkage_.interpreter, "loaded", loader));
        if (!loader.problem.empty()) linkage_.problems.push_back(loader.problem);
    }
    for (std::size_t at = 0; at < objects_.size() && at < objects_limit; ++at) {
        const auto needed = objects_[at].needed;
        for (const auto& name : needed) {
            if (linkage_.libraries.size() < objects_limit) resolve(at, name);
        }
    }
    check_versions();
    return {};
}

}  // namespace

bool Linkage::complete() const {
    const bool found = std::ranges::none_of(
        libraries, [](const Library& library) { return library.path.empty(); });
    return found && problems.empty() && (interpreter.empty() || interpreter_found);
}

Result<Linkage> linkage(const target::Target& target, const std::string& path,
                        std::string_view library_path) {
    Linkage linkage;
    Loader loader(target, library_path, linkage);
    TRY(loader.program(path));
    return linkage;
}

}  // namespace limpet::commands
