// jq.cpp - look things up in JSON.
#include "commands/command.h"
#include "commands/text/jq_machine.h"
#include "parse/json.h"
#include "parse/number.h"

#include <list>

namespace limpet::commands {
namespace {

using jq::Outcome;
using jq::Value;
using NextValue = std::expected<std::optional<Value>, Value>;

constexpr std::size_t text_limit = std::size_t{64} * 1024 * 1024;

// The values of all inputs, each as soon as it is whole.
class Reader {
public:
    Reader(Invocation& call, bool raw) : call_(call), raw_(raw) {}

    NextValue next() {
        if (broken_) return std::nullopt;
        for (;;) {
            if (!input_) {
                if (at_ == call_.operands.size()) return rest();
                name_ = call_.operands[at_++];
                auto opened = call_.open(name_);
                if (!opened) {
                    call_.complain(opened.error());
                    missing_ = true;
                    continue;
                }
                input_.emplace(*std::move(opened));
            }
            auto value = raw_ ? line() : json();
            if (!value) return wrong(value.error());
            if (*value) return std::move(*value);
            input_.reset();
        }
    }
    // Everything as one text.
    std::expected<Value, Value> whole() {
        std::string all;
        for (;;) {
            auto part = next();
            if (!part) return std::unexpected(part.error());
            if (!*part) return Value::string(std::move(all));
            all += (*part)->text();
            all += ended_ ? "\n" : "";
            if (all.size() > text_limit)
                return wrong(refused("read", "an input of more than 64 MiB").error());
        }
    }
    [[nodiscard]] bool broken() const { return broken_; }
    [[nodiscard]] bool missing() const { return missing_; }

private:
    std::unexpected<Value> wrong(const Error& error) {
        broken_ = true;
        return jq::failure(name_ + ", value " + std::to_string(count_ + 1) + ": " + text(error));
    }

    Result<std::optional<Value>> line() {
        auto line = TRY(input_->line());
        if (!line) return std::nullopt;
        ended_ = line->ends_with('\n');
        if (ended_) line->remove_suffix(1);
        return jq::text(*line);
    }

    Result<std::optional<Value>> parsed() {
        auto read = parse::json(pending_);
        if (!read) return std::unexpected(std::move(read).error());
        pending_.clear();
        cutter_.next();
        ++count_;
        return Value::from(*std::move(read));
    }

    Result<std::optional<Value>> json() {
        for (;;) {
            const auto bytes = TRY(input_->block());
            if (bytes.empty()) {
                // What is cut in two by the end of a file goes on in the next, as jq has it.
                return std::nullopt;
            }
            const auto taken = cutter_.take(bytes);
            pending_ += bytes.substr(0, taken);
            input_->unread(bytes.size() - taken);
            if (pending_.size() > text_limit) return refused("json", "a value of more than 64 MiB");
            if (cutter_.whole()) return parsed();
        }
    }

    NextValue rest() {
        if (pending_.find_first_not_of(" \t\r\n") == std::string::npos) return std::nullopt;
        auto value = parsed();
        pending_.clear();
        if (!value) return wrong(value.error());
        return std::move(*value);
    }

    Invocation& call_;
    bool raw_;
    std::size_t at_ = 0;
    std::string name_;
    std::optional<Input> input_;
    std::string pending_;
    parse::JsonCutter cutter_;
    std::size_t count_ = 0;
    bool ended_ = false;
    bool broken_ = false;
    bool missing_ = false;
};

struct Settings {
    jq::Style style;
    bool raw = false;
    bool join = false;
    std::vector<std::string> names;
    std::list<jq::Scope> scopes;  // they refer to one another, and to their names
};

std::optional<std::string> settings_of(const Invocation& call, Settings& settings) {
    const auto& options = call.options;
    settings.raw = options.has('r') || options.has('j');
    settings.join = options.has('j');
    auto& style = settings.style;
    style.sorted = options.has('S');
    style.ascii = options.has('a');
    style.colour = call.colour();
    for (const auto& [option, value] : options.all()) {
        if (option.letter == 'C' || option.letter == 'M') style.colour = option.letter == 'C';
        if (option.name == "tab") style.tabs = true;
        if (option.letter == 'c') style.indent = 0;
        if (option.name == "indent") {
            const auto indent = parse::number<int>(value);
            if (!indent || *indent < 0 || *indent > 7) return "--indent takes 0 to 7";
            style.indent = *indent;
        }
        if (option.name != "arg" && option.name != "argjson") continue;
        const auto equals = value.find('=');
        if (equals == std::string::npos) return "--" + std::string(option.name) + " NAME VALUE";
        const auto text = std::string_view(value).substr(equals + 1);
        Value given = jq::text(text);
        if (option.name == "argjson") {
            auto read = parse::json(text);
            if (!read)
                return "--argjson " + value.substr(0, equals) + ": " + limpet::text(read.error());
            given = Value::from(*std::move(read));
        }
        settings.names.push_back(value.substr(0, equals));
        const auto* up = settings.scopes.empty() ? nullptr : &settings.scopes.back();
        settings.scopes.push_back({.up = up, .value = std::move(given)});
    }
    if (options.has('c')) style.tabs = false;
    auto name = settings.names.begin();
    for (auto& scope : settings.scopes) scope.name = *name++;
    return std::nullopt;
}

Value environment(const Invocation& call) {
    auto all = Value::object();
    all.deepen(1);
    for (const std::string_view entry : call.environment) {
        const auto equals = entry.find('=');
        if (equals == entry.npos) continue;
        all.member(jq::text(entry.substr(0, equals))) = jq::text(entry.substr(equals + 1));
    }
    return all;
}

// The filter: of -f, or the first operand.
Result<std::string> filter_text(Invocation& call) {
    if (const auto file = call.options.value("from-file")) {
        auto input = TRY(call.open(*file));
        std::string whole;
        for (;;) {
            const auto bytes = TRY(input.block());
            if (bytes.empty()) return whole;
            whole += bytes;
            if (whole.size() > 1'000'000) return refused("filter", "more than 1 MB");
        }
    }
    if (call.operands.empty()) return refused("filter", "there is none");
    auto filter = std::move(call.operands.front());
    call.operands.erase(call.operands.begin());
    return filter;
}

// Runs the filter on each input in turn.
class Run {
public:
    Run(Invocation& call, const Settings& settings, const parse::jq::Filter& filter)
        : call_(call),
          settings_(settings),
          reader_(call, call.options.has('R')),
          machine_(filter, [this] { return reader_.next(); }, environment(call)) {}

    int all() {
        if (call_.options.has('n')) {
            one({});
        } else if (call_.options.has('s')) {
            slurp();
        } else {
            while (!stopped_) {
                auto value = reader_.next();
                if (!value) complain(value.error());
                if (!value || !*value) break;
                one(**std::move(value));
            }
        }
        if (machine_.halted) return *machine_.halted;
        if (reader_.broken() || reader_.missing()) return 2;
        if (failed_) return 5;
        if (call_.out.failure()) return 2;
        if (!call_.options.has('e')) return 0;
        return !last_ ? 4 : last_->truthy() ? 0 : 1;
    }

private:
    void complain(const Value& why) {
        call_.complain(why.is(Value::Kind::string) ? std::string(why.text())
                                                   : jq::json(why) + " (not a string)");
    }

    void slurp() {
        if (call_.options.has('R')) {
            auto whole = reader_.whole();
            return whole ? one(*std::move(whole)) : complain(whole.error());
        }
        auto list = Value::array();
        for (;;) {
            auto value = reader_.next();
            if (!value) return complain(value.error());
            if (!*value) break;
            list.append(**std::move(value));
        }
        one(std::move(list));
    }

    void one(Value value) {
        const auto* scope = settings_.scopes.empty() ? nullptr : &settings_.scopes.back();
        const auto flow = machine_.run(std::move(value), scope, [&](const jq::Item& item) {
            show(item.value);
            last_ = item.value;
            return call_.out.failure() ? machine_.leave(nullptr) : jq::Flow::go;
        });
        // Whoever reads us gets what there is before we wait for more.
        call_.out.flush();
        stopped_ = machine_.halted || call_.out.failure();
        if (flow != jq::Flow::failed) return;
        if (machine_.halted) return halted();
        failed_ = true;
        complain(machine_.problem);
    }

    void halted() {
        if (*machine_.halted == 0 && machine_.problem.is(Value::Kind::null)) return;
        const auto& last = machine_.problem;
        call_.error.write(last.is(Value::Kind::string) ? std::string(last.text())
                                                       : jq::json(last) + '\n');
        call_.error.flush();
    }

    void show(const Value& value) {
        line_.clear();
        if (settings_.raw && value.is(Value::Kind::string)) {
            line_ += value.text();
        } else {
            jq::print(line_, value, settings_.style);
        }
        if (!settings_.join) line_ += '\n';
        call_.out.write(line_);
    }

    Invocation& call_;
    const Settings& settings_;
    Reader reader_;
    jq::Machine machine_;
    std::string line_;
    std::optional<Value> last_;
    bool failed_ = false;
    bool stopped_ = false;
};

int run(Invocation& call) {
    Settings settings;
    if (const auto wrong = settings_of(call, settings)) return call.misused(*wrong);
    const auto source = filter_text(call);
    if (!source) return call.misused(text(source.error()));
    auto names = settings.names;
    names.emplace_back("ENV");
    const auto filter = parse::jq::filter(jq::prelude, *source, jq::builtin, std::move(names));
    if (!filter) {
        call.complain(filter.error());
        return 3;
    }
    if (call.operands.empty()) call.operands.emplace_back("-");
    return Run(call, settings, *filter).all();
}

constexpr Option options[]{
    {'r', "raw-output", "", "strings as they are, not as JSON"},
    {'j', "join-output", "", "the same, and no newlines between them"},
    {'c', "compact-output", "", "each value on one line"},
    {'n', "null-input", "", "run once, with null for input"},
    {'s', "slurp", "", "run once, with all inputs in an array"},
    {'R', "raw-input", "", "each line of input is a string; with -s all of it is"},
    {'e', "exit-status", "", "1 when the last value is false or null, 4 when there is none"},
    {'f', "from-file", "FILE", "the filter is in FILE"},
    {'S', "sort-keys", "", "objects sorted by name"},
    {'a', "ascii-output", "", "other characters as \\uXXXX"},
    {'C', "color-output", "", "in colours, also when this is no terminal"},
    {'M', "monochrome-output", "", "no colours"},
    {0, "tab", "", "a tab a level"},
    {0, "indent", "N", "N blanks a level (2)"},
    {0, "arg", "NAME VALUE", "$NAME is the string VALUE"},
    {0, "argjson", "NAME JSON", "$NAME is that value"},
};

constexpr Command jq_command{
    .name = "jq",
    .usage = "[-rcnsReSaCMj] [--arg NAME VALUE] FILTER [FILE...]",
    .summary = "look things up in JSON",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Reads what the -o json of our commands prints, and configuration files. The filter is "
        "jq's,\n"
        "but for: modules, ?//, $__loc__, getting at paths by `input_line_number`, dates but for\n"
        "strftime of a number, and SQL. What is not built in is refused by name, with status 3.\n"
        "Regular expressions are POSIX extended ones (with \\d \\w \\s \\b): no lookaheads, no "
        "lazy\n"
        "repetition, no names of groups. Numbers that are not computed with are printed as they "
        "were\n"
        "written. A filter may use 256 MiB; values are nested 64 levels at most.\n"
        "Statuses: 2 wrong usage or input, 3 wrong filter, 5 the filter failed on an input.\n"
        "\nExamples:\n"
        "  ps -o json | jq -r 'select(.rss > 100000) | \"\\(.pid) \\(.command)\"'\n"
        "  jq '.containers[].image' /etc/config.json\n"
        "  jq -c 'to_entries | map(select(.value == null) | .key)' state.json\n",
};
const Register registered{jq_command};

}  // namespace
}  // namespace limpet::commands
