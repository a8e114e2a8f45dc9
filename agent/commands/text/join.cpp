// join.cpp - lines of two sorted files that have a field in common.
#include "commands/text/lines.h"
#include "parse/number.h"

#include <algorithm>
#include <cctype>

namespace limpet::commands {
namespace {

using Fields = std::vector<std::string>;

// One of -o: field `field` of file `file`; file 0 is the common field.
struct Chosen {
    int file;
    std::size_t field;
};

struct Style {
    std::size_t field[2] = {0, 0};  // from 0
    std::optional<char> separator;
    bool unpaired[2] = {false, false};
    bool paired = true;
    bool fold = false;
    std::string empty;
    std::vector<Chosen> chosen;
};

Fields split(std::string_view line, const Style& style) {
    Fields fields;
    if (style.separator) {
        for (;;) {
            const auto end = line.find(*style.separator);
            fields.emplace_back(line.substr(0, end));
            if (end == line.npos) return fields;
            line.remove_prefix(end + 1);
        }
    }
    for (;;) {
        const auto begin = line.find_first_not_of(" \t");
        if (begin == line.npos) return fields;
        line.remove_prefix(begin);
        const auto end = line.find_first_of(" \t");
        fields.emplace_back(line.substr(0, end));
        if (end == line.npos) return fields;
        line.remove_prefix(end);
    }
}

class Side {
public:
    Side(Input& input, const Style& style, int number)
        : input_(input), style_(style), number_(number) {}

    // All lines that follow with one and the same key; none at the end.
    Result<> next_group(Invocation& call) {
        group.clear();
        if (!ahead_) TRY(read());
        if (!ahead_) return {};
        key = key_of(*ahead_);
        do {
            group.push_back(*std::move(ahead_));
            held_ += group.back().size();
            if (held_ > group_limit) return refused("join", "more than 10^6 fields with one key");
            TRY(read());
        } while (ahead_ && key_of(*ahead_) == key);
        held_ = 0;
        if (ahead_ && key_of(*ahead_) < key && !told_) {
            told_ = true;
            call.complain("file " + std::to_string(number_ + 1) + " is not sorted");
        }
        return {};
    }

    std::vector<Fields> group;
    std::string key;

private:
    static constexpr std::size_t group_limit = 1'000'000;

    [[nodiscard]] std::string key_of(const Fields& fields) const {
        const auto at = style_.field[number_];
        std::string text = at < fields.size() ? fields[at] : std::string();
        if (style_.fold) {
            for (char& byte : text) {
                byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
            }
        }
        return text;
    }
    Result<> read() {
        const auto line = TRY(next_line(input_));
        ahead_ = line ? std::optional(split(*line, style_)) : std::nullopt;
        return {};
    }

    Input& input_;
    const Style& style_;
    int number_;
    std::optional<Fields> ahead_;
    std::size_t held_ = 0;
    bool told_ = false;
};

class Writer {
public:
    Writer(Output& out, const Style& style) : out_(out), style_(style) {}

    // Either may be null: an unpaired line.
    void row(const Fields* first, const Fields* second) {
        const Fields* sides[2] = {first, second};
        if (style_.chosen.empty()) {
            const int known = first ? 0 : 1;
            put(field(sides[known], style_.field[known]));
            for (int side = 0; side < 2; ++side) {
                if (!sides[side]) continue;
                for (std::size_t i = 0; i < sides[side]->size(); ++i) {
                    if (i != style_.field[side]) put((*sides[side])[i]);
                }
            }
        }
        for (const auto& [file, at] : style_.chosen) {
            const int side = file == 0 ? (first ? 0 : 1) : file - 1;
            put(field(sides[side], file == 0 ? style_.field[side] : at));
        }
        out_.put('\n');
        begun_ = false;
    }

private:
    [[nodiscard]] std::string_view field(const Fields* fields, std::size_t at) const {
        return fields && at < fields->size() && !(*fields)[at].empty() ? (*fields)[at]
                                                                       : style_.empty;
    }
    void put(std::string_view text) {
        if (begun_) out_.put(style_.separator.value_or(' '));
        begun_ = true;
        out_.write(text);
    }
    Output& out_;
    const Style& style_;
    bool begun_ = false;
};

Result<> join(Invocation& call, Side first, Side second, const Style& style) {
    Writer writer(call.out, style);
    TRY(first.next_group(call));
    TRY(second.next_group(call));
    while ((!first.group.empty() || !second.group.empty()) && !call.out.failure()) {
        const int order = first.group.empty()    ? 1
                          : second.group.empty() ? -1
                                                 : first.key.compare(second.key);
        if (order == 0 && style.paired) {
            for (const auto& one : first.group) {
                for (const auto& other : second.group) writer.row(&one, &other);
            }
        }
        if (order < 0 && style.unpaired[0]) {
            for (const auto& one : first.group) writer.row(&one, nullptr);
        }
        if (order > 0 && style.unpaired[1]) {
            for (const auto& other : second.group) writer.row(nullptr, &other);
        }
        if (order <= 0) TRY(first.next_group(call));
        if (order >= 0) TRY(second.next_group(call));
    }
    return {};
}

Result<> choose(std::string_view list, std::vector<Chosen>& chosen) {
    while (!list.empty()) {
        const auto end = list.find_first_of(", \t");
        const auto word = list.substr(0, end);
        list = end == list.npos ? std::string_view{} : list.substr(end + 1);
        if (word.empty()) continue;
        if (word == "0") {
            chosen.push_back({0, 0});
            continue;
        }
        const auto field = word.size() > 2 && word[1] == '.'
                               ? parse::number<std::size_t>(word.substr(2))
                               : std::nullopt;
        if (!field || *field == 0 || (word[0] != '1' && word[0] != '2')) {
            return refused("-o", "'" + std::string(word) + "' is not 0, 1.N or 2.N");
        }
        chosen.push_back({word[0] - '0', *field - 1});
    }
    return {};
}

Result<Style> style_of(const Options& options) {
    Style style;
    for (const auto& [option, value] : options.all()) {
        const auto number = parse::number<std::size_t>(value);
        switch (option.letter) {
            case 'a':
            case 'v':
                if (value != "1" && value != "2") return refused("-a and -v", "1 or 2");
                style.unpaired[value[0] - '1'] = true;
                if (option.letter == 'v') style.paired = false;
                break;
            case '1':
            case '2':
            case 'j':
                if (!number || *number == 0)
                    return refused("field", "'" + value + "' is no number from 1");
                if (option.letter != '2') style.field[0] = *number - 1;
                if (option.letter != '1') style.field[1] = *number - 1;
                break;
            case 't':
                if (value.size() > 1 && value != "\\t") return refused("-t", "one character");
                style.separator = value.empty() ? '\n' : value == "\\t" ? '\t' : value[0];
                break;
            case 'e': style.empty = value; break;
            case 'i': style.fold = true; break;
            case 'o': TRY(choose(value, style.chosen)); break;
            default: break;
        }
    }
    return style;
}

int run(Invocation& call) {
    if (call.operands.size() != 2) return call.misused("it joins two files");
    const auto style = style_of(call.options);
    if (!style) return call.misused(text(style.error()));
    Pair pair;
    if (!open_pair(call, pair)) return 1;
    const auto done =
        join(call, Side(*pair.first, *style, 0), Side(*pair.second, *style, 1), *style);
    if (!done) call.complain(done.error());
    return call.status;
}

constexpr Option options[]{
    {'a', "", "FILE", "also the lines of file 1 or 2 that have no partner"},
    {'v', "", "FILE", "only those"},
    {'1', "", "FIELD", "the common field of file 1 (1)"},
    {'2', "", "FIELD", "the common field of file 2 (1)"},
    {'j', "", "FIELD", "of both"},
    {'t', "", "CHAR", "between fields, here and there, instead of blanks"},
    {'e', "", "TEXT", "instead of a field that is missing"},
    {'o', "", "LIST", "what to print: 0 the common field, FILE.FIELD"},
    {'i', "ignore-case", "", "without regard to upper and lower case"},
};

constexpr Command join_command{
    .name = "join",
    .usage = "[-i] [-a FILE | -v FILE] [-1 FIELD] [-2 FIELD] [-t CHAR] [-o LIST] FILE1 FILE2",
    .summary = "join lines of two sorted files on a common field",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Sorted means by bytes, on that field.\n\n"
        "Example:\n  join -t: -1 3 -2 1 users ids\n",
};
const Register registered{join_command};

}  // namespace
}  // namespace limpet::commands
