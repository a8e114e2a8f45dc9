// du.cpp - the space that trees take.
#include "commands/command.h"
#include "commands/file/shown.h"
#include "commands/json.h"
#include "commands/table.h"
#include "commands/walk.h"
#include "parse/number.h"
#include "parse/wildcard.h"

#include <dirent.h>

#include <unordered_set>

namespace limpet::commands {
namespace {

// Files with several names are counted once. That many pairs of device and inode are remembered,
// 64 MiB; beyond, such files count each time they are met, which is said.
constexpr std::size_t remembered = 1'000'000;

struct Style {
    bool all = false, summary = false, apparent = false, human = false, total = false;
    bool count_links = false;
    std::size_t depth = SIZE_MAX;
    std::uint64_t unit = 1024;
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

class Usage {
public:
    Usage(Invocation& call, const Style& style) : call_(call), style_(style) {}

    void tree(const std::string& operand, bool one_filesystem) {
        Walk walk;
        walk.follow = call_.options.has('L');
        walk.follow_operand = call_.options.has('D') || call_.options.has('H');
        sums_.clear();
        walk.before = [&](Visit& visit) { return come_to(visit, one_filesystem); };
        walk.after = [&](Visit& visit) {
            const auto sum = sums_.back();
            sums_.pop_back();
            if (!sums_.empty()) sums_.back() += sum;
            show(visit, sum);
            if (sums_.empty()) total_ += sum;
        };
        walk.run(call_, operand);
    }
    void show_total() { print("total", total_); }

private:
    Next come_to(Visit& visit, bool one_filesystem) {
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
        if (one_filesystem && device != device_) return Next::skip;
        const bool directory = S_ISDIR(status->stx_mode);
        if (status->stx_nlink > 1 && !directory && !style_.count_links &&
            !first_time({device, status->stx_ino})) {
            return Next::skip;
        }
        const std::uint64_t size =
            style_.apparent ? (directory ? 0 : status->stx_size) : status->stx_blocks * 512;
        if (directory) {
            sums_.push_back(size);
            return Next::descend;
        }
        if (sums_.empty()) {
            total_ += size;
            print(visit.path(), size);
        } else {
            sums_.back() += size;
            if (style_.all) show(visit, size);
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
    void show(Visit& visit, std::uint64_t bytes) {
        if (visit.depth() > style_.depth) return;
        print(visit.path(), bytes);
    }
    void print(std::string_view path, std::uint64_t bytes) {
        auto& out = call_.out;
        if (call_.json()) {
            out.write(JsonObject().text("path", path).number("bytes", bytes).take());
            out.put('\n');
            return;
        }
        out.write(style_.human ? human_size(bytes)
                               : std::to_string(bytes / style_.unit + (bytes % style_.unit != 0)));
        out.put('\t');
        out.write(shown_name(call_, path));
        out.put('\n');
    }

    Invocation& call_;
    const Style& style_;
    std::vector<std::uint64_t> sums_;
    std::unordered_set<Pair, PairHash> seen_;
    std::uint64_t device_ = 0, total_ = 0;
    bool full_ = false;
};

int run(Invocation& call) {
    Style style;
    for (const auto& [option, value] : call.options.all()) {
        switch (option->letter) {
            case 'a': style.all = true; break;
            case 's':
                style.summary = true;
                style.depth = 0;
                break;
            case 'h': style.human = true; break;
            case 'c': style.total = true; break;
            case 'l': style.count_links = true; break;
            case 'k':
                style.unit = 1024;
                style.human = false;
                break;
            case 'm':
                style.unit = 1024 * 1024;
                style.human = false;
                break;
            case 'b':
                style.apparent = true;
                style.unit = 1;
                style.human = false;
                break;
            case 'd': {
                const auto depth = parse::number<std::size_t>(value);
                if (!depth) return call.misused("-d needs a number");
                style.depth = *depth;
                break;
            }
        }
        if (option->name == "apparent-size") style.apparent = true;
        if (option->name == "exclude") style.exclude.push_back(value);
    }
    if (style.summary && style.all) return call.misused("-a and -s exclude each other");
    if (call.operands.empty()) call.operands.emplace_back(".");
    Usage usage(call, style);
    for (const auto& operand : call.operands) usage.tree(operand, call.options.has('x'));
    if (style.total) usage.show_total();
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
    {'L', "dereference", "", "through symbolic links"},
    {'D', "dereference-args", "", "through symbolic links that are operands"},
    {'H', "", "", "the same"},
    {0, "exclude", "GLOB", "nothing of that name"},
    json_option,
};

constexpr Command du{
    .name = "du",
    .usage = "[-shacxkmb] [-d N] [PATH...]",
    .summary = "add up the space that trees take",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = options,
    .help = "JSON fields: path, bytes.\n\nExamples:\n  du -shx /\n  du -d1 -h /var | sort -h\n",
};
const Register registered{du};

}  // namespace
}  // namespace limpet::commands
