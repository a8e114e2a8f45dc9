// sort.cpp - sort lines.
#include "commands/command.h"
#include "commands/create.h"
#include "commands/text/sort_keys.h"

#include <algorithm>

#include <sys/random.h>

namespace limpet::commands {
namespace {

using sorting::Key;
using sorting::Manner;

// Bytes of lines; with what belongs to each line twice that at worst. There is no disk to spill to.
constexpr std::size_t memory_limit = std::size_t{1024} * 1024 * 1024;

struct Line {
    std::uint64_t rank;
    std::uint64_t begin;
    std::uint32_t size;
};

struct Order {
    std::vector<Key> keys;  // none: the whole line
    Manner whole;
    std::optional<char> separator;
    bool stable = false, unique = false;

    [[nodiscard]] std::uint64_t rank(std::string_view line) const {
        const auto& manner = keys.empty() ? whole : keys[0].manner;
        std::uint64_t value = 0;
        if (!keys.empty()) {
            value = sorting::rank(sorting::part(line, keys[0], separator), manner);
        } else if (!manner.skip_blanks || manner.kind != sorting::Kind::bytes) {
            value = sorting::rank(line, manner);
        }
        return manner.reverse ? ~value : value;
    }
    // By the keys alone.
    [[nodiscard]] int by_keys(std::string_view a, std::string_view b) const {
        for (const auto& key : keys) {
            const int order = sorting::compare(sorting::part(a, key, separator),
                                               sorting::part(b, key, separator), key.manner);
            if (order != 0) return key.manner.reverse ? -order : order;
        }
        if (!keys.empty()) return 0;
        if (whole.skip_blanks) {
            const Key all{.manner = whole};
            a = sorting::part(a, all, separator);
            b = sorting::part(b, all, separator);
        }
        const int order = sorting::compare(a, b, whole);
        return whole.reverse ? -order : order;
    }
    // What the keys hold equal is ordered by its bytes, but with -s and -u.
    [[nodiscard]] int full(std::string_view a, std::string_view b) const {
        if (const int order = by_keys(a, b); order != 0) return order;
        if (stable || unique) return 0;
        const int order = a.compare(b);
        return whole.reverse ? -order : order;
    }
};

class Sorter {
public:
    Sorter(Invocation& call, Order order, char terminator)
        : call_(call), order_(std::move(order)), terminator_(terminator) {}

    Result<> read(const std::string& name) {
        auto input = TRY(call_.open(name));
        while (const auto got = TRY(input.line(terminator_))) {
            auto line = *got;
            if (line.ends_with(terminator_)) line.remove_suffix(1);
            if (text_.size() + lines_.size() * sizeof(Line) + line.size() > memory_limit) {
                return refused("sort", "more than 1 GiB to sort: sort it in parts");
            }
            lines_.push_back(
                {order_.rank(line), text_.size(), static_cast<std::uint32_t>(line.size())});
            text_ += line;
        }
        return {};
    }

    void sort() {
        std::sort(lines_.begin(), lines_.end(), [this](const Line& a, const Line& b) {
            if (a.rank != b.rank) return a.rank < b.rank;
            const int order = order_.full(view(a), view(b));
            // Equal lines stay as they came.
            return order != 0 ? order < 0 : a.begin < b.begin;
        });
    }

    void print(Output& out) {
        for (std::size_t i = 0; i < lines_.size() && !out.failure(); ++i) {
            const bool again = order_.unique && i > 0 && same(lines_[i - 1], lines_[i]);
            if (again) continue;
            out.write(view(lines_[i]));
            out.put(terminator_);
        }
    }

    // The first line that is out of order, from 1.
    [[nodiscard]] std::optional<std::size_t> disorder() const {
        for (std::size_t i = 1; i < lines_.size(); ++i) {
            const int order = order_.full(view(lines_[i - 1]), view(lines_[i]));
            if (order > 0 || (order_.unique && order == 0)) return i + 1;
        }
        return std::nullopt;
    }
    [[nodiscard]] std::string_view line(std::size_t number) const {
        return view(lines_[number - 1]);
    }

private:
    [[nodiscard]] std::string_view view(const Line& line) const {
        return {text_.data() + line.begin, line.size};
    }
    [[nodiscard]] bool same(const Line& a, const Line& b) const {
        return a.rank == b.rank && order_.by_keys(view(a), view(b)) == 0;
    }
    Invocation& call_;
    Order order_;
    char terminator_;
    std::string text_;
    std::vector<Line> lines_;
};

Result<Order> order_of(const Options& options) {
    Order order;
    if (::getrandom(&order.whole.seed, sizeof order.whole.seed, 0) < 0)
        return failed("getrandom", "");
    for (const auto& [option, value] : options.all()) {
        if (option.name != "sort") {
            sorting::apply(option.letter, order.whole);
            continue;
        }
        constexpr std::string_view words[]{"numeric", "general-numeric", "human-numeric",
                                           "month",   "version",         "random"};
        const auto word = std::ranges::find(words, value);
        if (word == std::end(words)) {
            return refused("--sort",
                           "it takes numeric, general-numeric, human-numeric, month, "
                           "version or random");
        }
        sorting::apply("nghMVR"[word - words], order.whole);
    }
    for (const auto& [option, value] : options.all()) {
        switch (option.letter) {
            case 'k': order.keys.push_back(TRY(sorting::parse_key(value, order.whole))); break;
            case 's': order.stable = true; break;
            case 'u': order.unique = true; break;
            case 't':
                if (value == "\\0") {
                    order.separator = '\0';
                } else if (value.size() == 1) {
                    order.separator = value[0];
                } else {
                    return refused("-t", "the separator is one character");
                }
                break;
        }
    }
    return order;
}

Result<> operands_from(Invocation& call, std::string_view list) {
    if (!call.operands.empty()) return refused("sort", "either files or --files0-from");
    auto input = TRY(call.open(list));
    while (const auto got = TRY(input.line('\0'))) {
        auto name = *got;
        if (name.ends_with('\0')) name.remove_suffix(1);
        call.operands.emplace_back(name);
    }
    if (call.operands.empty()) return refused(list, "it names no file");
    return {};
}

int run(Invocation& call) {
    auto order = order_of(call.options);
    if (!order) return call.misused(text(order.error()));
    const char terminator = call.options.has('z') ? '\0' : '\n';
    if (const auto list = call.options.value("files0-from")) {
        if (auto read = operands_from(call, *list); !read) {
            call.complain(read.error());
            return 2;
        }
    } else if (call.operands.empty()) {
        call.operands.emplace_back("-");
    }
    const auto check = call.options.value('c');
    const bool quiet =
        call.options.has('C') || (check && !check->empty() && *check != "diagnose-first");
    Sorter sorter(call, *std::move(order), terminator);
    for (const auto& name : call.operands) {
        if (auto done = sorter.read(name); !done) {
            if (done.error().subject().empty()) done.error().subject() = name;
            call.complain(done.error());
            // Half a sorted list would pass for a whole one.
            return 2;
        }
    }
    if (check || call.options.has('C')) {
        const auto line = sorter.disorder();
        if (!line) return 0;
        if (!quiet) {
            call.complain(call.operands[0] + ":" + std::to_string(*line) +
                          ": disorder: " + std::string(sorter.line(*line)));
        }
        return 1;
    }
    sorter.sort();
    const auto file = call.options.value('o');
    if (!file) {
        sorter.print(call.out);
        return call.status;
    }
    const auto created = create(call, *file, Writing::truncate);
    if (!created) {
        call.complain(created.error());
        return 2;
    }
    Output out{BorrowedFd(*created)};
    sorter.print(out);
    if (!out.flush()) call.complain(*out.failure());
    return call.status;
}

constexpr Option options[]{
    {'n', "numeric-sort", "", "as numbers"},
    {'h', "human-numeric-sort", "", "as sizes: 2K before 1G"},
    {'g', "general-numeric-sort", "", "as floating point numbers"},
    {'M', "month-sort", "", "as names of months"},
    {'V', "version-sort", "", "as version numbers"},
    {'r', "reverse", "", "the other way round"},
    {'u', "unique", "", "one of those that are equal"},
    {'k', "key", "POS1[,POS2]", "by fields and characters: -k 2,2n, -k 1.3"},
    {'t', "field-separator", "C", "between fields, in place of blanks"},
    {'f', "ignore-case", "", "without regard to upper and lower case"},
    {'d', "dictionary-order", "", "only letters, digits and blanks count"},
    {'i', "ignore-nonprinting", "", "only printable characters count"},
    {'b', "ignore-leading-blanks", "", "blanks at the front do not count"},
    {'s', "stable", "", "equal lines stay as they came"},
    {'m', "merge", "", "the files are sorted already"},
    {'R', "random-sort", "", "in random order, but what is equal stays together"},
    {0, "sort", "WORD", "numeric, general-numeric, human-numeric, month, version, random"},
    {'c', "", "", "only say whether the file is sorted"},
    {'c', "check", "[quiet]", "the same; quiet: as -C"},
    {'C', "", "", "the same, by the exit status alone"},
    {'o', "output", "FILE", "write to FILE (needs --allow modify or --scratch)"},
    {0, "files0-from", "FILE", "the names of the files, each ended by a zero byte"},
    {'S', "buffer-size", "SIZE", "makes no difference"},
    {'T', "temporary-directory", "PATH", "makes no difference: nothing is written"},
    {0, "parallel", "N", "makes no difference"},
    {0, "batch-size", "N", "makes no difference"},
    {0, "compress-program", "NAME", "makes no difference"},
    {0, "random-source", "FILE", "makes no difference"},
    {'z', "zero-terminated", "", "lines end with a zero byte"},
};

constexpr const char* writing = "output";

constexpr Command sort{
    .name = "sort",
    .usage = "[-nhgMVrufdibsmcCz] [-k POS1[,POS2]]... [-t C] [-o FILE] [FILE...]",
    .summary = "sort lines",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Lines compare by their bytes. At most 1 GiB is sorted: everything is in memory, because\n"
        "nothing is written beside the target.\n\n"
        "Examples:\n  du -a /var | sort -n | tail\n  sort -t: -k3,3n /etc/passwd\n",
    .writes = true,
    .writes_with = writing,
};
const Register registered{sort};

}  // namespace
}  // namespace limpet::commands
