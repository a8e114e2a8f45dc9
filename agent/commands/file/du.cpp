// du.cpp - the space that trees take.
#include "commands/block_size.h"
#include "commands/command.h"
#include "commands/file/shown.h"
#include "commands/json.h"
#include "commands/local_time.h"
#include "commands/size.h"
#include "commands/table.h"
#include "commands/walk.h"
#include "parse/number.h"
#include "parse/wildcard.h"

#include <dirent.h>

#include <algorithm>
#include <unordered_set>

namespace limpet::commands {
namespace {

// Files with several names are counted once. That many pairs of device and inode are remembered,
// 64 MiB; beyond, such files count each time they are met, which is said.
constexpr std::size_t remembered = 1'000'000;

struct Style {
    bool all = false, summary = false, apparent = false, total = false;
    bool count_links = false, inodes = false, separate = false;
    bool dereference = false, dereference_operands = false, one_filesystem = false;
    bool many = false;  // operands: what one of them held does not count again
    char time = 0;      // 'm', 'c' or 'a'
    std::string time_format = "%Y-%m-%d %H:%M";
    char end = '\n';
    std::size_t depth = SIZE_MAX;
    BlockSize unit = {};
    std::optional<std::uint64_t> least, most;  // -t
    std::vector<std::string> exclude;
};

struct Pair {
    std::uint64_t device, inode;
    bool operator==(const Pair&) const = default;
};
struct PairHash {
    std::size_t operator()(const Pair& pair) const {
        return static_cast<std::size_t>(pair.inode * 0x9E3779B97F4A7C15ull ^ pair.device);
    }
};

struct Sum {
    std::uint64_t amount = 0;
    std::int64_t newest = INT64_MIN;
    void add(const Sum& other) {
        amount += other.amount;
        newest = std::max(newest, other.newest);
    }
};

class Usage {
public:
    Usage(Invocation& call, const Style& style)
        : call_(call), style_(style), zone_(local_zone(call)) {}

    void tree(const std::string& operand) {
        Walk walk;
        walk.follow = style_.dereference;
        walk.follow_operand = style_.dereference_operands;
        sums_.clear();
        walk.before = [&](Visit& visit) { return come_to(visit); };
        walk.after = [&](Visit& visit) {
            const auto sum = sums_.back();
            sums_.pop_back();
            if (!sums_.empty() && !style_.separate) sums_.back().add(sum);
            show(visit, sum);
            if (sums_.empty() || style_.separate) total_.add(sum);
        };
        walk.run(call_, operand);
    }
    void show_total() { print("total", total_); }

private:
    Sum sum_of(const struct statx& status) const {
        const auto& stamp = style_.time == 'a'   ? status.stx_atime
                            : style_.time == 'c' ? status.stx_ctime
                                                 : status.stx_mtime;
        return {style_.inodes     ? 1
                : style_.apparent ? status.stx_size
                                  : status.stx_blocks * 512,
                stamp.tv_sec};
    }
    Next come_to(Visit& visit) {
        for (const auto& pattern : style_.exclude) {
            if (parse::wildcard(pattern, visit.name()) || parse::wildcard(pattern, visit.path())) {
                return Next::skip;
            }
        }
        const auto status = visit.status();
        if (!status) {
            call_.complain(status.error());
            return Next::skip;
        }
        const auto device = device_number(*status);
        if (visit.depth() == 0) device_ = device;
        if (style_.one_filesystem && device != device_) return Next::skip;
        const bool directory = S_ISDIR(status->stx_mode);
        const bool again = directory ? style_.many || style_.dereference
                                     : status->stx_nlink > 1 || (style_.many && visit.depth() == 0);
        if (again && !style_.count_links && !first_time({device, status->stx_ino})) {
            return Next::skip;
        }
        const auto sum = sum_of(*status);
        if (directory) {
            sums_.push_back(sum);
            return Next::descend;
        }
        if (sums_.empty()) {
            total_.add(sum);
            show(visit, sum);
        } else {
            sums_.back().add(sum);
            if (style_.all) show(visit, sum);
        }
        return Next::skip;
    }
    bool first_time(const Pair& pair) {
        if (seen_.size() < remembered) return seen_.insert(pair).second;
        if (!std::exchange(full_, true)) {
            call_.complain("more than 1000000 files have several names: some count twice");
        }
        return !seen_.contains(pair);
    }
    void show(Visit& visit, const Sum& sum) {
        if (visit.depth() > style_.depth) return;
        if (style_.least && sum.amount < *style_.least) return;
        if (style_.most && sum.amount > *style_.most) return;
        print(visit.path(), sum);
    }
    void print(std::string_view path, const Sum& sum) {
        auto& out = call_.out;
        if (call_.json()) {
            const auto* what = style_.inodes ? "inodes" : "bytes";
            JsonObject().text("path", path).number(what, sum.amount).line(out);
            return;
        }
        const bool plain = style_.inodes && !style_.unit.human;
        out.write(plain ? std::to_string(sum.amount) : style_.unit.show(sum.amount));
        out.put('\t');
        if (style_.time != 0) {
            out.write(parse::format_time(style_.time_format, zone_.at(sum.newest)));
            out.put('\t');
        }
        out.write(style_.end == '\n' ? shown_name(call_, path) : std::string(path));
        out.put(style_.end);
    }

    Invocation& call_;
    const Style& style_;
    parse::Zone zone_;
    std::vector<Sum> sums_;
    std::unordered_set<Pair, PairHash> seen_;
    std::uint64_t device_ = 0;
    Sum total_;
    bool full_ = false;
};

Result<> time_style(std::string_view word, Style& style) {
    if (word.starts_with('+')) {
        style.time_format = word.substr(1);
    } else if (word == "full-iso") {
        style.time_format = "%Y-%m-%d %H:%M:%S.%N %z";
    } else if (word == "iso") {
        style.time_format = "%Y-%m-%d";
    } else if (word != "long-iso") {
        return refused("--time-style", "it takes full-iso, long-iso, iso or +FORMAT");
    }
    return {};
}

// -X: patterns, one a line.
Result<> exclude_from(Invocation& call, std::string_view name, Style& style) {
    auto input = TRY(call.open(name));
    while (const auto got = TRY(input.line())) {
        auto line = *got;
        if (line.ends_with('\n')) line.remove_suffix(1);
        if (!line.empty()) style.exclude.emplace_back(line);
    }
    return {};
}

Result<> word(Invocation& call, std::string_view name, const std::string& value, Style& style) {
    if (name == "apparent-size") style.apparent = true;
    if (name == "exclude") style.exclude.push_back(value);
    if (name == "si") style.unit = {.human = true, .si = true};
    if (name == "inodes") style.inodes = true;
    if (name == "time-style") return time_style(value, style);
    if (name == "time") {
        const bool access = value == "atime" || value == "access" || value == "use";
        const bool change = value == "ctime" || value == "status";
        if (!value.empty() && !access && !change) {
            return refused("--time", "it takes atime or ctime");
        }
        style.time = access ? 'a' : change ? 'c' : 'm';
    }
    if (name == "exclude-from") return exclude_from(call, value, style);
    if (name == "max-depth") {
        const auto depth = parse::number<std::size_t>(value);
        if (!depth) return refused("-d", "'" + value + "' is no number");
        style.depth = *depth;
    }
    if (name == "block-size") {
        const auto unit = block_size(value);
        if (!unit) return refused("-B", "'" + value + "' is no size");
        style.unit = *unit;
    }
    if (name == "threshold") {
        const auto size = size_with_unit(value.starts_with('-') ? value.substr(1) : value);
        if (!size) return refused("-t", "'" + value + "' is no size");
        if (value.starts_with('-')) {
            style.most = size;
        } else {
            style.least = size;
        }
    }
    return {};
}

Result<Style> style_of(Invocation& call) {
    Style style;
    for (const auto& [option, value] : call.options.all()) {
        switch (option.letter) {
            case 'a': style.all = true; break;
            case 's':
                style.summary = true;
                style.depth = 0;
                break;
            case 'h': style.unit = {.human = true}; break;
            case 'c': style.total = true; break;
            case 'l': style.count_links = true; break;
            case 'k': style.unit = {}; break;
            case 'm': style.unit = {.unit = 1024 * 1024}; break;
            case 'b':
                style.apparent = true;
                style.unit = {.unit = 1};
                break;
            case 'S': style.separate = true; break;
            case 'x': style.one_filesystem = true; break;
            case '0': style.end = '\0'; break;
            case 'L': style.dereference = true; break;
            case 'D':
            case 'H': style.dereference_operands = true; break;
            case 'P': style.dereference = style.dereference_operands = false; break;
            default: TRY(word(call, option.name, value, style));
        }
    }
    if (style.summary && style.all) return refused("-a", "with -s there is nothing to show it in");
    return style;
}

Result<> trees_from(Invocation& call, Usage& usage, std::string_view name) {
    auto input = TRY(call.open(name));
    while (const auto got = TRY(input.line('\0'))) {
        auto path = *got;
        if (path.ends_with('\0')) path.remove_suffix(1);
        if (!path.empty()) usage.tree(std::string(path));
    }
    return {};
}

int run(Invocation& call) {
    auto style = style_of(call);
    if (!style) return call.misused(text(style.error()));
    const auto list = call.options.value("files0-from");
    if (list && !call.operands.empty()) return call.misused("either operands or --files0-from");
    if (call.operands.empty() && !list) call.operands.emplace_back(".");
    style->many = list || call.operands.size() > 1;
    Usage usage(call, *style);
    for (const auto& operand : call.operands) usage.tree(operand);
    if (list) {
        if (auto done = trees_from(call, usage, *list); !done) call.complain(done.error());
    }
    if (style->total) usage.show_total();
    return call.status;
}

constexpr Option options[]{
    {'s', "summarize", "", "only the sum of each operand"},
    {'h', "human-readable", "", "as 1.5K, 23M"},
    {'d', "max-depth", "N", "directories down to N levels"},
    {'a', "all", "", "files, too"},
    {'x', "one-file-system", "", "not what is mounted below"},
    {'c', "total", "", "and the sum of all"},
    {'k', "", "", "in KiB (default)"},
    {'m', "", "", "in MiB"},
    {'b', "bytes", "", "sizes in bytes, not the space taken"},
    {0, "apparent-size", "", "sizes, not the space taken"},
    {'l', "count-links", "", "files with several names each time"},
    {'B', "block-size", "SIZE", "in units of SIZE: 1K, M, 512"},
    {0, "si", "", "as -h with powers of 1000"},
    {0, "inodes", "", "how many files, not how large"},
    {'S', "separate-dirs", "", "directories without those below them"},
    {'t', "threshold", "SIZE", "only what has SIZE or more; with -SIZE, or less"},
    {0, "time", "[WORD]", "with the newest time below: of modification, or atime, ctime"},
    {0, "time-style", "WORD", "full-iso, long-iso, iso, +FORMAT"},
    {'0', "null", "", "each line ends with a zero byte"},
    {0, "files0-from", "FILE", "the operands, each ended by a zero byte"},
    {'L', "dereference", "", "through symbolic links"},
    {'P', "no-dereference", "", "not through them (default)"},
    {'D', "dereference-args", "", "through symbolic links that are operands"},
    {'H', "", "", "the same"},
    {0, "exclude", "GLOB", "nothing of that name"},
    {'X', "exclude-from", "FILE", "nothing of the names in FILE, one a line"},
    json_option,
};

constexpr Command du{
    .name = "du",
    .usage = "[-shacxkmb] [-d N] [PATH...]",
    .summary = "add up the space that trees take",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "JSON fields: path, bytes (with --inodes: inodes).\n\nExamples:\n  du -shx /\n  du -d1 -h "
        "/var | sort -h\n",
};
const Register registered{du};

}  // namespace
}  // namespace limpet::commands
