// diff_trees.cpp - two directories: what is in only one of them, and what differs below both.
#include "commands/spoken.h"
#include "commands/text/diff_files.h"
#include "commands/walk.h"
#include "parse/wildcard.h"

#include <algorithm>

namespace limpet::commands::diff {
namespace {

// Names are sorted, so those of a directory are all held.
constexpr std::size_t names_limit = 1'000'000;

class Trees {
public:
    Trees(Invocation& call, const Style& style, const Sides& roots)
        : call_(call),
          style_(style),
          paths_{roots[0].name, roots[1].name},
          trails_{Trail(call.target), Trail(call.target)} {}

    Outcome run(const Sides& roots) {
        std::array<bool, 2> there{};
        for (std::size_t i = 0; i < 2; ++i) {
            there[i] = roots[i].status.has_value();
            if (!there[i]) continue;
            if (auto done = trails_[i].start(call_.path(paths_[i])); !done)
                return trouble(done.error());
        }
        push(there);
        while (!frames_.empty() && !call_.out.failure()) {
            auto& frame = frames_.back();
            if (frame.next == frame.items.size()) {
                pop();
            } else {
                const auto item = std::move(frame.items[frame.next++]);
                for (std::size_t i = 0; i < 2; ++i) paths_[i].resize(frame.lengths[i]);
                visit(item, frame.there);
            }
        }
        return outcome_;
    }

private:
    struct Item {
        std::string name;
        std::array<bool, 2> there;
    };
    struct Frame {
        std::array<bool, 2> there;
        std::array<std::size_t, 2> lengths;
        std::vector<Item> items = {};
        std::size_t next = 0;
    };

    Outcome trouble(const Error& error) {
        call_.complain(error);
        return note(Outcome::trouble);
    }
    Outcome note(Outcome outcome) { return outcome_ = worse(outcome_, outcome); }

    Result<std::vector<std::string>> names(std::size_t side) {
        const auto* directory = TRY(trails_[side].here());
        target::Listing listing(directory->fd, directory->name);
        std::vector<std::string> names;
        while (const auto entry = TRY(listing.next())) {
            const auto matches = [&](const std::string& pattern) {
                return parse::wildcard(pattern, entry->name);
            };
            if (std::ranges::any_of(style_.exclude, matches)) continue;
            if (names.size() == names_limit) {
                return refused("list " + paths_[side], "more than 1000000 names");
            }
            names.emplace_back(entry->name);
        }
        std::ranges::sort(names);
        return names;
    }
    void push(std::array<bool, 2> there) {
        std::array<std::vector<std::string>, 2> lists;
        frames_.push_back({there, {paths_[0].size(), paths_[1].size()}});
        for (std::size_t i = 0; i < 2; ++i) {
            if (!there[i]) continue;
            auto list = names(i);
            if (!list) {
                trouble(list.error());
                return;
            }
            lists[i] = *std::move(list);
        }
        auto& items = frames_.back().items;
        auto one = lists[0].begin(), other = lists[1].begin();
        while (one != lists[0].end() || other != lists[1].end()) {
            const bool first = other == lists[1].end() || (one != lists[0].end() && *one <= *other);
            const bool second =
                one == lists[0].end() || (other != lists[1].end() && *other <= *one);
            items.push_back({std::move(first ? *one : *other), {first, second}});
            if (first) ++one;
            if (second) ++other;
        }
    }
    void pop() {
        for (std::size_t i = 0; i < 2; ++i) {
            if (frames_.back().there[i]) trails_[i].leave();
        }
        frames_.pop_back();
    }

    Result<struct statx> status(std::size_t side, const std::string& name, bool& link) {
        const auto* directory = TRY(trails_[side].here());
        auto status = TRY(directory->stat(name, target::Follow::no));
        link = S_ISLNK(status.stx_mode);
        if (!link || !style_.follow) return status;
        return target::stat(call_.target, call_.path(paths_[side]), target::Follow::yes);
    }
    Result<> open(Side& side, std::size_t number, const std::string& name, bool link) {
        if (link) {
            side.input.emplace(TRY(target::open_for_reading(call_.target, call_.path(side.name))),
                               side.name);
            return {};
        }
        const auto* directory = TRY(trails_[number].here());
        side.input.emplace(TRY(directory->open_regular(name)), side.name);
        return {};
    }
    Result<> enter(std::size_t side, const std::string& name, bool link,
                   const struct statx& status) {
        if (!link) return trails_[side].enter(name);
        if (trails_[side].holds(status)) {
            return refused("enter " + paths_[side], "a loop of symbolic links");
        }
        return trails_[side].enter_link(call_.path(paths_[side]));
    }
    void only(std::size_t side, const std::string& name) {
        note(Outcome::different);
        if (call_.json()) {
            const auto path = joined(paths_[side], name);
            return tell_json(call_, "only", side == 0 ? path : "", side == 0 ? "" : path);
        }
        call_.out.write("Only in ");
        speak(call_.out, paths_[side]);
        call_.out.write(": ");
        speak_line(call_.out, name);
    }

    void visit(const Item& item, std::array<bool, 2> parents) {
        if (!item.there[0] || !item.there[1]) {
            const std::size_t side = item.there[0] ? 0 : 1;
            const bool as_empty =
                style_.absent_as_empty || (style_.absent_first_as_empty && side == 1);
            if (!as_empty) return only(side, item.name);
        }
        Sides sides;
        std::array<bool, 2> links{};
        bool unknown = false;
        for (std::size_t i = 0; i < 2; ++i) {
            paths_[i] = joined(paths_[i], item.name);
            sides[i].name = paths_[i];
            if (!parents[i] || !item.there[i]) continue;
            auto known = status(i, item.name, links[i]);
            if (!known) {
                trouble(Error{known.error().code, "open", paths_[i], known.error().hint()});
                unknown = true;
                continue;
            }
            sides[i].status = *known;
        }
        if (!unknown) pair(sides, item, links);
    }
    void pair(Sides& sides, const Item& item, std::array<bool, 2> links) {
        const auto type = [&](std::size_t i) {
            return (sides[i].status ? sides[i] : sides[1 - i]).status->stx_mode & S_IFMT;
        };
        if (type(0) == S_IFDIR && type(1) == S_IFDIR) return directories(sides, item, links);
        if (type(0) == S_IFLNK && type(1) == S_IFLNK) return symbolic(sides, item);
        if (type(0) != S_IFREG || type(1) != S_IFREG) {
            const std::size_t there = sides[0].status ? 0 : 1;
            if (!sides[1 - there].status) {
                paths_[there].resize(frames_.back().lengths[there]);
                return only(there, item.name);
            }
            kinds_differ(call_, sides);
            note(Outcome::different);
            return;
        }
        for (std::size_t i = 0; i < 2; ++i) {
            if (!sides[i].status) continue;
            if (auto done = open(sides[i], i, item.name, links[i]); !done) {
                trouble(done.error());
                return;
            }
        }
        note(files(call_, style_, sides, true));
    }
    void directories(const Sides& sides, const Item& item, std::array<bool, 2> links) {
        if (!style_.recursive) {
            if (call_.json()) return;
            call_.out.write("Common subdirectories: " + paths_[0] + " and " + paths_[1] + '\n');
            return;
        }
        std::array<bool, 2> there{};
        for (std::size_t i = 0; i < 2; ++i) {
            if (!sides[i].status) continue;
            if (auto done = enter(i, item.name, links[i], *sides[i].status); !done) {
                trouble(done.error());
                if (i == 1 && there[0]) trails_[0].leave();
                return;
            }
            there[i] = true;
        }
        push(there);
    }
    void symbolic(const Sides& sides, const Item& item) {
        std::array<std::string, 2> texts;
        for (std::size_t i = 0; i < 2; ++i) {
            if (!sides[i].status) continue;
            const auto directory = trails_[i].here();
            auto text = directory ? (*directory)->readlink(item.name)
                                  : Result<std::string>(std::unexpected(directory.error()));
            if (!text) {
                trouble(text.error());
                return;
            }
            texts[i] = *std::move(text);
        }
        if (sides[0].status && sides[1].status && texts[0] == texts[1]) return;
        note(Outcome::different);
        if (call_.json()) return tell_json(call_, "link", paths_[0], paths_[1]);
        call_.out.write("Symbolic links " + paths_[0] + " and " + paths_[1] + " differ\n");
    }

    Invocation& call_;
    const Style& style_;
    std::array<std::string, 2> paths_;
    std::array<Trail, 2> trails_;
    std::vector<Frame> frames_;
    Outcome outcome_ = Outcome::same;
};

}  // namespace

Outcome trees(Invocation& call, const Style& style, const Sides& sides) {
    return Trees(call, style, sides).run(sides);
}

}  // namespace limpet::commands::diff
