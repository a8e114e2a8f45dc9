// find_tests.cpp - the tests of find that ask about times, access and file systems.
#include "commands/file/filesystem.h"
#include "commands/file/find_expression.h"
#include "commands/file/shown.h"
#include "parse/date_text.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace limpet::commands::find_command {
namespace {

const statx_timestamp& stamp(const struct statx& status, char which) {
    return which == 'a'   ? status.stx_atime
           : which == 'c' ? status.stx_ctime
           : which == 'B' ? status.stx_btime
                          : status.stx_mtime;
}

// "+1.5": the sign, and the number behind it.
struct Count {
    char sign = 0;
    double value = 0;
};

std::optional<Count> count(std::string_view text) {
    Count result;
    if (text.starts_with('+') || text.starts_with('-')) {
        result.sign = text[0];
        text.remove_prefix(1);
    }
    if (text.empty() || text.find_first_not_of("0123456789.") != text.npos) return std::nullopt;
    const std::string word(text);
    char* end = nullptr;
    result.value = std::strtod(word.c_str(), &end);
    return *end == '\0' ? std::optional(result) : std::nullopt;
}

// Days count when they are full: -mtime 0 is less than 24 hours old, +0 is not. Minutes are as
// they are: -mmin 1 is up to one minute old.
bool within(const Count& wanted, double age, bool days) {
    if (wanted.sign == '-') return age < wanted.value;
    if (wanted.sign == '+') return days ? age >= wanted.value + 1 : age > wanted.value;
    return days ? age >= wanted.value && age < wanted.value + 1
                : age > wanted.value - 1 && age <= wanted.value;
}

double seconds(const statx_timestamp& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::optional<double> age_of(State& state, Visit& visit, char which, double reference) {
    const auto status = visit.status();
    if (!status) {
        state.call.complain(status.error());
        return std::nullopt;
    }
    return reference - seconds(stamp(*status, which));
}

Result<Test> age_test(State& state, std::string_view name, std::string_view argument) {
    const auto wanted = count(argument);
    if (!wanted) return refused("expression", std::string(name) + " needs a number");
    const bool days = name.ends_with("time");
    return Test([&state, wanted = *wanted, days, which = name[1],
                 reference = state.reference](Visit& visit) {
        const auto age = age_of(state, visit, which, reference);
        return age && within(wanted, *age / (days ? 86400 : 60), days);
    });
}

Result<Test> newer_test(State& state, std::string_view name, const std::string& argument) {
    const bool letters = name.starts_with("-newer") && name.size() == 8;
    const char own = letters ? name[6] : name == "-newer" ? 'm' : name[1];
    const char others = letters ? name[7] : 'm';
    statx_timestamp that{};
    if (others == 't') {
        const auto at = TRY(parse::date_text(argument, {state.now, 0}, state.zone));
        that.tv_sec = at.seconds;
        that.tv_nsec = at.nanosecond;
    } else {
        const bool through = state.follow || state.follow_operand;
        const auto status = TRY(target::stat(state.call.target, state.call.path(argument),
                                             through ? target::Follow::yes : target::Follow::no));
        that = stamp(status, others);
    }
    return Test([that, own](Visit& visit) {
        const auto status = visit.status();
        if (!status) return false;
        const auto& time = stamp(*status, own);
        return time.tv_sec != that.tv_sec ? time.tv_sec > that.tv_sec : time.tv_nsec > that.tv_nsec;
    });
}

// The expressions of Emacs, which find takes unless told otherwise, as basic ones: + and ? repeat,
// there are no intervals, and a dot is no newline.
std::string from_emacs(std::string_view pattern) {
    std::string basic;
    bool repeatable = false;  // is there something for a + to repeat?
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char byte = pattern[i];
        if (byte == '\\' && i + 1 < pattern.size()) {
            const char next = pattern[++i];
            const bool literal = next == '+' || next == '?' || next == '{' || next == '}';
            if (!literal) basic += byte;
            basic += next;
            repeatable = next != '(' && next != '|';
        } else if (byte == '[') {
            // A ] at its front is of the set.
            auto end = i + 1;
            if (end < pattern.size() && pattern[end] == '^') ++end;
            end = pattern.find(']', end + 1);
            if (end == pattern.npos) end = pattern.size() - 1;
            basic += pattern.substr(i, end + 1 - i);
            i = end;
            repeatable = true;
        } else {
            if ((byte == '+' || byte == '?') && repeatable) basic += '\\';
            byte == '.' ? basic += "[^\n]" : basic += byte;
            repeatable = true;
        }
    }
    return basic;
}

}  // namespace

Result<RegexType> regex_type(std::string_view name) {
    using parse::regex::Syntax;
    constexpr std::string_view extended[]{"posix-extended", "posix-egrep", "egrep",
                                          "posix-awk",      "awk",         "gnu-awk"};
    constexpr std::string_view basic[]{"posix-basic", "posix-minimal-basic", "ed", "grep", "sed"};
    if (std::ranges::find(extended, name) != std::end(extended))
        return RegexType{Syntax::extended, false};
    if (std::ranges::find(basic, name) != std::end(basic)) return RegexType{Syntax::basic, false};
    if (name == "emacs" || name == "findutils-default") return RegexType{Syntax::basic, true};
    return refused(
        "expression",
        "-regextype takes posix-extended, posix-basic, emacs, egrep, grep, awk, sed or ed");
}

Result<Test> regex_test(RegexType type, std::string pattern, bool ignore_case) {
    if (type.emacs) pattern = from_emacs(pattern);
    auto regex = std::make_shared<parse::Regex>(
        TRY(parse::Regex::compile(std::span(&pattern, 1), {.syntax = type.syntax,
                                                           .ignore_case = ignore_case,
                                                           .whole_line = true,
                                                           .terminator = '\0'})));
    return Test([regex](Visit& visit) { return regex->matches(visit.path()).value_or(false); });
}

bool is_time_test(std::string_view name) {
    for (const std::string_view known : {"-mtime", "-atime", "-ctime", "-mmin", "-amin", "-cmin",
                                         "-newer", "-anewer", "-cnewer", "-used"}) {
        if (name == known) return true;
    }
    return name.size() == 8 && name.starts_with("-newer") &&
           std::string_view("aBcm").find(name[6]) != std::string_view::npos &&
           std::string_view("aBcmt").find(name[7]) != std::string_view::npos;
}

Result<Test> time_test(State& state, std::string_view name, const std::string& argument) {
    if (name.find("newer") != name.npos) return newer_test(state, name, argument);
    if (name != "-used") return age_test(state, name, argument);
    const auto wanted = count(argument);
    if (!wanted) return refused("expression", "-used needs a number");
    return Test([wanted = *wanted](Visit& visit) {
        const auto status = visit.status();
        if (!status) return false;
        const auto unused = seconds(status->stx_atime) - seconds(status->stx_ctime);
        return unused >= 0 && within(wanted, unused / 86400, true);
    });
}

// By the mode, as the kernel would decide for the user that the agent is: access(2) itself would
// say of our read-only view that nothing can be written.
Test access_test(State& state, char what) {
    const unsigned bit = what == 'r' ? 4 : what == 'w' ? 2 : 1;
    return [&state, bit](Visit& visit) {
        const auto status = visit.type() == DT_LNK
                                ? target::stat(state.call.target, state.call.path(visit.path()),
                                               target::Follow::yes)
                                : visit.status();
        if (!status) return false;
        const auto mode = status->stx_mode;
        const auto user = ::geteuid();
        if (user == 0) return bit != 1 || S_ISDIR(mode) || (mode & 0111u) != 0;
        if (status->stx_uid == user) return ((mode >> 6) & bit) != 0;
        std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
        if (::getgroups(static_cast<int>(groups.size()), groups.data()) < 0) groups.clear();
        groups.push_back(::getegid());
        for (const auto group : groups) {
            if (status->stx_gid == group) return ((mode >> 3) & bit) != 0;
        }
        return (mode & bit) != 0;
    };
}

std::string Systems::name(Visit& visit) {
    const auto status = visit.status();
    if (!status) return "?";
    const auto device = device_number(*status);
    if (known_ && device == device_) return type_;
    const auto place = visit.parent()
                           ? visit.parent()->open(std::string(visit.name()), O_PATH | O_NOFOLLOW)
                           : target::open(call_.target, call_.path(visit.path()), O_PATH);
    if (!place) return "?";
    const auto system = sys::fstatfs(*place);
    if (!system) return "?";
    known_ = true;
    device_ = device;
    return type_ = filesystem_kind(static_cast<std::uint64_t>(system->f_type)).type;
}

}  // namespace limpet::commands::find_command
