// copy.h - copies files and trees: cp, mv to another file system, install.
#pragma once

#include "commands/create.h"
#include "commands/walk.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace limpet::commands {

class Copy {
public:
    enum class Links { follow, operand, keep };

    bool recursive = false;
    Links links = Links::follow;
    bool keep_mode = false, keep_owner = false, keep_times = false, keep_links = false;
    bool keep_attributes = false;  // extended ones; keep_mode alone keeps access lists
    bool force = false;            // what cannot be opened is removed first
    bool replace = false;          // what is there is replaced as a whole: install, mv
    bool no_clobber = false, update = false, ask = false, verbose = false;
    bool one_filesystem = false;

    explicit Copy(Invocation& call) : call_(call) {}
    // Complains by itself; false when something of it was not copied.
    bool copy(const std::string& source, const std::string& path);

private:
    struct Item {
        Place from;
        Place to;
        struct statx status;
        bool operand;
    };
    using Identity = std::pair<std::uint64_t, std::uint64_t>;
    bool report(const Result<>& done);
    bool tree(const std::string& source, const std::string& path);
    bool into_itself(const struct statx& source, const std::string& path);
    Result<> enter_directory(const Item& item);
    Result<> leave_directory(Visit& visit, const Place& to, int opened, bool made);
    Result<bool> wanted(const Item& item, const Result<struct statx>& there);
    Result<> one(const Item& item);
    Result<> file(const Item& item, const Result<struct statx>& there);
    Result<> special(const Item& item, const Result<struct statx>& there);
    Result<Fd> open_source(const Item& item);
    Result<> fill(const Item& item, const Place& to, const Fd& out);
    Result<> dress(const Place& to, const struct statx& status, int from = -1, int opened = -1);
    void attributes(int from, int to) const;
    void say(const Item& item);

    Invocation& call_;
    std::map<Identity, std::string> seen_;  // several links to one file: its copy
    std::size_t seen_size_ = 0;
    std::optional<Identity> made_top_;
    unsigned mask_ = 0;
};

}  // namespace limpet::commands
