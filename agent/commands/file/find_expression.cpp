// find_expression.cpp - the language of find (POSIX, and GNU's usual additions).
#include "commands/file/find_expression.h"

#include "commands/create.h"
#include "commands/file/shown.h"
#include "parse/mode.h"
#include "parse/number.h"
#include "parse/wildcard.h"

#include <dirent.h>

#include <algorithm>

namespace limpet::commands::find_command {
namespace {

std::unexpected<Error> wrong(std::string_view why) { return refused("expression", why); }

// "+5", "-5", "5": more than, less than, exactly.
struct Bound {
    int sign = 0;
    std::uint64_t value = 0;
    [[nodiscard]] bool holds(std::uint64_t actual) const {
        return sign > 0 ? actual > value : sign < 0 ? actual < value : actual == value;
    }
};

std::optional<Bound> bound(std::string_view text) {
    Bound result;
    if (text.starts_with('+')) result.sign = 1;
    if (text.starts_with('-')) result.sign = -1;
    if (result.sign != 0) text.remove_prefix(1);
    const auto value = parse::number<std::uint64_t>(text);
    if (!value) return std::nullopt;
    result.value = *value;
    return result;
}

class Parser {
public:
    Parser(State& state, std::span<const std::string> words) : state_(state), words_(words) {}

    Result<Test> whole() {
        if (words_.empty()) return Test([](Visit&) { return true; });
        auto test = TRY(list(0));
        if (at_ < words_.size()) return wrong("'" + words_[at_] + "' is one too many");
        return test;
    }

private:
    [[nodiscard]] bool looking_at(std::string_view a, std::string_view b = {}) const {
        return at_ < words_.size() && (words_[at_] == a || (!b.empty() && words_[at_] == b));
    }
    bool take(std::string_view a, std::string_view b = {}) {
        if (!looking_at(a, b)) return false;
        ++at_;
        return true;
    }
    Result<std::string_view> argument(const std::string& name) {
        if (at_ >= words_.size()) return wrong(name + " needs an argument");
        return std::string_view(words_[at_++]);
    }

    Result<Test> list(int depth) {
        auto left = TRY(either(depth));
        while (take(",")) {
            auto right = TRY(either(depth));
            left = [left = std::move(left), right = std::move(right)](Visit& visit) {
                left(visit);
                return right(visit);
            };
        }
        return left;
    }
    Result<Test> either(int depth) {
        auto left = TRY(both(depth));
        while (take("-o", "-or")) {
            auto right = TRY(both(depth));
            left = [left = std::move(left), right = std::move(right)](Visit& visit) {
                return left(visit) || right(visit);
            };
        }
        return left;
    }
    Result<Test> both(int depth) {
        auto left = TRY(negation(depth));
        for (;;) {
            if (!take("-a", "-and") &&
                (at_ >= words_.size() || looking_at("-o", "-or") || looking_at(")", ","))) {
                return left;
            }
            auto right = TRY(negation(depth));
            left = [left = std::move(left), right = std::move(right)](Visit& visit) {
                return left(visit) && right(visit);
            };
        }
    }
    Result<Test> negation(int depth) {
        // The tests are called within one another: what nests too deeply would not end well.
        if (depth > 500) return wrong("nested too deeply");
        if (take("!", "-not")) {
            auto inner = TRY(negation(depth + 1));
            return Test([inner = std::move(inner)](Visit& visit) { return !inner(visit); });
        }
        if (take("(")) {
            auto inner = TRY(list(depth + 1));
            if (!take(")")) return wrong("unmatched (");
            return inner;
        }
        if (at_ >= words_.size()) return wrong("something is missing at its end");
        const std::string name = words_[at_++];
        if (auto test = TRY(option(name))) return test;
        if (auto test = TRY(name_test(name))) return test;
        if (auto test = TRY(number_test(name))) return test;
        if (is_time_test(name)) return time_test(state_, name, std::string(TRY(argument(name))));
        if (auto test = TRY(action(name))) return test;
        if (auto test = TRY(other_test(name))) return test;
        return wrong("there is no '" + name + "'");
    }

    static Test always() {
        return [](Visit&) { return true; };
    }

    Result<Test> option(const std::string& name) {
        if (name == "-maxdepth" || name == "-mindepth") {
            const auto levels = parse::number<std::size_t>(TRY(argument(name)));
            if (!levels) return wrong(name + " needs a number");
            (name == "-maxdepth" ? state_.most_depth : state_.least_depth) = *levels;
            return always();
        }
        if (name == "-depth" || name == "-d") {
            state_.depth_first = true;
            return always();
        }
        if (name == "-xdev" || name == "-mount") {
            state_.one_filesystem = true;
            return always();
        }
        if (name == "-follow") {
            state_.follow = true;
            return always();
        }
        if (name == "-daystart") {
            const auto local = state_.now + state_.zone.at(state_.now).offset;
            const auto next = state_.zone.instant((local / 86400 + 1) * 86400);
            state_.reference = static_cast<double>(next.value_or(state_.now));
            return always();
        }
        if (name == "-noleaf" || name == "-ignore_readdir_race" || name == "-warn" ||
            name == "-nowarn") {
            return always();
        }
        return Test{};
    }

    Result<Test> name_test(const std::string& name) {
        const bool fold = name == "-iname" || name == "-ipath" || name == "-iwholename" ||
                          name == "-iregex" || name == "-ilname";
        const bool path =
            name == "-path" || name == "-ipath" || name == "-wholename" || name == "-iwholename";
        if (name == "-name" || name == "-iname" || path) {
            return Test([pattern = std::string(TRY(argument(name))), fold, path](Visit& visit) {
                auto text = path ? std::string_view(visit.path()) : visit.name();
                // The last part of "dir/" is "dir".
                while (!path && text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
                return parse::wildcard(pattern, text, fold);
            });
        }
        if (name == "-lname" || name == "-ilname") {
            return Test([pattern = std::string(TRY(argument(name))), fold](Visit& visit) {
                if (visit.type() != DT_LNK) return false;
                const auto link = visit.readlink();
                return link && parse::wildcard(pattern, *link, fold);
            });
        }
        if (name == "-regextype") {
            regex_type_ = TRY(regex_type(TRY(argument(name))));
            return always();
        }
        if (name == "-regex" || name == "-iregex") {
            return regex_test(regex_type_, std::string(TRY(argument(name))), fold);
        }
        return Test{};
    }

    Result<Test> number_test(const std::string& name) {
        using Field = std::uint64_t (*)(const struct statx&);
        constexpr std::pair<std::string_view, Field> fields[]{
            {"-links", [](const struct statx& s) { return std::uint64_t{s.stx_nlink}; }},
            {"-inum", [](const struct statx& s) { return std::uint64_t{s.stx_ino}; }},
            {"-uid", [](const struct statx& s) { return std::uint64_t{s.stx_uid}; }},
            {"-gid", [](const struct statx& s) { return std::uint64_t{s.stx_gid}; }},
        };
        for (const auto& [known, field] : fields) {
            if (known != name) continue;
            const auto wanted = bound(TRY(argument(name)));
            if (!wanted) return wrong(name + " needs a number");
            return with_status([wanted = *wanted, field](const struct statx& status, Visit&) {
                return wanted.holds(field(status));
            });
        }
        if (name != "-size") return Test{};
        std::string text(TRY(argument(name)));
        std::uint64_t unit = 512;
        if (!text.empty() && (text.back() < '0' || text.back() > '9')) {
            constexpr std::pair<char, std::uint64_t> units[]{
                {'c', 1},          {'w', 2},          {'b', 512},        {'k', 1ull << 10},
                {'M', 1ull << 20}, {'G', 1ull << 30}, {'T', 1ull << 40},
            };
            unit = 0;
            for (const auto& [letter, bytes] : units) {
                if (letter == text.back()) unit = bytes;
            }
            text.pop_back();
        }
        const auto wanted = bound(text);
        if (!wanted || unit == 0) return wrong("-size needs a number with c, w, b, k, M, G or T");
        return with_status([wanted = *wanted, unit](const struct statx& status, Visit&) {
            return wanted.holds(status.stx_size / unit + (status.stx_size % unit != 0 ? 1 : 0));
        });
    }

    template <typename Question>
    static Test with_status(Question question) {
        return [question = std::move(question)](Visit& visit) {
            const auto status = visit.status();
            return status && question(*status, visit);
        };
    }

    Result<Test> owner_test(const std::string& name) {
        if (name == "-nouser") {
            return with_status([&names = state_.names](const struct statx& status, Visit&) {
                return !names.has_user(status.stx_uid);
            });
        }
        if (name == "-nogroup") {
            return with_status([&names = state_.names](const struct statx& status, Visit&) {
                return !names.has_group(status.stx_gid);
            });
        }
        const bool user = name == "-user";
        const std::string who(TRY(argument(name)));
        const auto id = user ? state_.names.uid(who) : state_.names.gid(who);
        if (!id) return wrong("there is no " + name.substr(1) + " '" + who + "' in the target");
        return with_status([id = *id, user](const struct statx& status, Visit&) {
            return (user ? status.stx_uid : status.stx_gid) == id;
        });
    }

    Result<Test> permission_test() {
        std::string text(TRY(argument("-perm")));
        const char kind = text.starts_with('-') || text.starts_with('/') ? text[0] : '=';
        if (kind != '=') text.erase(0, 1);
        const auto wanted = parse::mode(text, 0, false, 0);
        if (!wanted) return wrong("-perm: '" + text + "' is no mode");
        return with_status([wanted = *wanted, kind](const struct statx& status, Visit&) {
            const auto bits = status.stx_mode & 07777u;
            if (kind == '-') return (bits & wanted) == wanted;
            if (kind == '/') return wanted == 0 || (bits & wanted) != 0;
            return bits == wanted;
        });
    }

    Result<Test> other_test(const std::string& name) {
        if (name == "-type" || name == "-xtype") {
            const std::string letters(TRY(argument(name)));
            if (letters.empty() || letters.find_first_not_of("bcdpfls,") != letters.npos) {
                return wrong(name + " takes b, c, d, p, f, l or s");
            }
            return Test([letters, through = name == "-xtype", &state = state_](Visit& visit) {
                auto type = visit.type();
                // With -L it is the other way round: about the link itself.
                if (through && state.follow) {
                    const auto own = target::stat(state.call.target, state.call.path(visit.path()),
                                                  target::Follow::no);
                    if (own) type = entry_type(own->stx_mode);
                } else if (through && type == DT_LNK) {
                    const auto behind = target::stat(
                        state.call.target, state.call.path(visit.path()), target::Follow::yes);
                    if (behind) type = entry_type(behind->stx_mode);
                }
                return letters.find(type_letter(type)) != letters.npos;
            });
        }
        if (name == "-perm") return permission_test();
        if (name == "-user" || name == "-group" || name == "-nouser" || name == "-nogroup") {
            return owner_test(name);
        }
        if (name == "-empty") {
            return Test([&state = state_](Visit& visit) { return is_empty(state, visit); });
        }
        if (name == "-samefile") {
            const auto path = state_.call.path(TRY(argument(name)));
            const bool through = state_.follow || state_.follow_operand;
            const auto other = TRY(target::stat(
                state_.call.target, path, through ? target::Follow::yes : target::Follow::no));
            return with_status([other](const struct statx& status, Visit&) {
                return status.stx_ino == other.stx_ino &&
                       device_number(status) == device_number(other);
            });
        }
        if (name == "-readable" || name == "-writable" || name == "-executable") {
            return access_test(state_, name == "-readable" ? 'r' : name == "-writable" ? 'w' : 'x');
        }
        if (name == "-fstype") {
            const std::string wanted(TRY(argument(name)));
            return Test([wanted, &state = state_](Visit& visit) {
                return state.systems.name(visit) == wanted;
            });
        }
        if (name == "-true") return always();
        if (name == "-false") return Test([](Visit&) { return false; });
        return Test{};
    }

    Result<Test> action(const std::string& name) {
        if (name == "-prune") {
            return Test([&state = state_](Visit&) { return state.prune = true; });
        }
        constexpr std::string_view known[]{"-print", "-print0", "-printf",  "-ls",      "-json",
                                           "-quit",  "-delete", "-exec",    "-execdir", "-ok",
                                           "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls"};
        if (std::ranges::find(known, name) == std::end(known)) return Test{};
        state_.acts = true;
        const bool to_file = name.starts_with("-f");
        auto* out = to_file ? TRY(file(std::string(TRY(argument(name))))) : &state_.call.out;
        if (name.ends_with("print") || name.ends_with("print0")) {
            const char end = name.ends_with('0') ? '\0' : '\n';
            return Test([out, end](Visit& visit) {
                print(*out, visit, end);
                return true;
            });
        }
        if (name.ends_with("printf")) {
            return printf_action(state_, *out, std::string(TRY(argument(name))));
        }
        if (name.ends_with("ls")) return ls_action(state_, *out);
        if (name == "-json") return json_action(state_);
        if (name == "-quit") {
            return Test([&state = state_](Visit&) { return state.quit = true; });
        }
        if (name == "-delete") {
            state_.depth_first = true;
            return delete_action(state_);
        }
        return command(name);
    }

    // The words up to ";", or up to "{} +".
    Result<Test> command(const std::string& name) {
        const bool in_directory = name.ends_with("dir");
        const bool asks = name.starts_with("-ok");
        std::vector<std::string> words;
        for (;;) {
            std::string word(TRY(argument(name)));
            if (word == ";") break;
            const bool many = word == "+" && !asks && !words.empty() && words.back() == "{}";
            if (many) {
                if (words.size() == 1) return wrong(name + " needs a command");
                // One directory after another: a run for each file is as good.
                if (in_directory) break;
                words.pop_back();
                return batch_action(state_, std::move(words));
            }
            words.push_back(std::move(word));
        }
        if (words.empty()) return wrong(name + " needs a command");
        return exec_action(state_, std::move(words), in_directory, asks);
    }

    // Two actions may write one file, and do so in turn.
    Result<Output*> file(const std::string& name) {
        for (const auto& one : state_.written) {
            if (one->name == name) return &one->out;
        }
        auto created = TRY(create(state_.call, name, Writing::truncate));
        state_.written.push_back(std::make_unique<Written>(name, std::move(created)));
        return &state_.written.back()->out;
    }

    State& state_;
    std::span<const std::string> words_;
    std::size_t at_ = 0;
    RegexType regex_type_;
};

}  // namespace

Result<Test> parse(State& state, std::span<const std::string> words) {
    return Parser(state, words).whole();
}

}  // namespace limpet::commands::find_command
