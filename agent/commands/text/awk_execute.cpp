// commands/text/awk_execute.cpp - rules and statements of awk.
#include "commands/text/awk_format.h"
#include "commands/text/awk_machine.h"

#include <algorithm>
#include <cmath>

namespace limpet::commands::awk {

using parse::awk::Rule;
using parse::awk::Target;

Machine::Machine(Invocation& call, parse::awk::Program program, bool wide)
    : call_(call),
      program_(std::move(program)),
      streams_(call, wide),
      globals_(program_.globals.size()),
      // One more: for a parameter that is none.
      arrays_(program_.globals.size() + 1),
      expressions_(program_.texts.size()),
      active_(program_.rules.size()),
      terminal_(call.out.terminal()) {
    for (const auto& text : program_.texts) texts_.emplace_back(std::string_view(text));
    const auto set = [&](Special which, std::string_view text) {
        globals_[static_cast<std::size_t>(which)] = Value(text);
    };
    set(Special::FS, " ");
    set(Special::OFS, ofs_);
    set(Special::ORS, ors_);
    set(Special::RS, "\n");
    set(Special::SUBSEP, subsep_);
    set(Special::CONVFMT, convfmt_);
    set(Special::OFMT, ofmt_);
    globals_[static_cast<std::size_t>(Special::RSTART)] = 0;
    globals_[static_cast<std::size_t>(Special::RLENGTH)] = -1;
    auto& environment = arrays_[static_cast<std::size_t>(Special::ENVIRON)];
    environment = std::make_unique<Array>();
    for (const std::string_view entry : call.environment) {
        const auto equals = std::min(entry.find('='), entry.size() - 1);
        environment->at(entry.substr(0, equals)) =
            Value(entry.substr(equals + 1), Value::Kind::input);
    }
}

void Machine::fail(const Error& error) {
    if (!failed_) {
        streams_.flush_all();
        call_.complain(error);
    }
    failed_ = true;
    status_ = 2;
    flow_ = Flow::exit;
}

void Machine::fail(std::string_view what, std::string_view why) {
    fail(refused(std::string(what), std::string(why)).error());
}

bool Machine::assign_operand(std::string_view word) {
    const auto equals = word.find('=');
    if (equals == word.npos || !parse::awk::is_name(word.substr(0, equals))) return false;
    const auto name = word.substr(0, equals);
    const bool function = std::ranges::any_of(
        program_.functions, [&](const auto& known) { return known.name == name; });
    const auto slot = function ? 0 : program_.global(name);
    if (function || program_.globals[slot].array) {
        fail("assignment", std::string(name) + " is no variable");
        return true;
    }
    if (globals_.size() < program_.globals.size()) globals_.resize(program_.globals.size());
    Value value(parse::awk::unescaped(word.substr(equals + 1)), Value::Kind::input);
    if (slot < parse::awk::special_count) {
        set_special(slot, std::move(value));
    } else {
        globals_[slot] = std::move(value);
    }
    return true;
}

int Machine::run(const std::vector<std::string>& operands) {
    const char here = 0;
    stack_top_ = &here;
    auto& arguments = arrays_[static_cast<std::size_t>(Special::ARGV)];
    arguments = std::make_unique<Array>();
    arguments->at("0") = Value("awk");
    for (std::size_t i = 0; i < operands.size(); ++i) {
        arguments->at(std::to_string(i + 1)) = Value(operands[i], Value::Kind::input);
    }
    globals_[static_cast<std::size_t>(Special::ARGC)] = static_cast<double>(operands.size() + 1);
    if (!failed_) rules(Rule::Kind::begin);
    const bool reads = std::ranges::any_of(
        program_.rules, [](const Rule& rule) { return rule.kind != Rule::Kind::begin; });
    if (reads && flow_ != Flow::exit) pattern_rules();
    if (!failed_) {
        record_.keep();
        flow_ = Flow::normal;
        ending_ = true;
        rules(Rule::Kind::end);
    }
    if (streams_.close_all() < 0 && status_ == 0) status_ = 2;
    return status_;
}

void Machine::rules(Rule::Kind kind) {
    for (const auto& rule : program_.rules) {
        if (rule.kind != kind) continue;
        block(*rule.body);
        if (flow_ == Flow::exit) return;
        flow_ = Flow::normal;
    }
}

bool Machine::chosen(std::size_t at) {
    const auto& rule = program_.rules[at];
    if (rule.kind == Rule::Kind::pattern) return !rule.first || truth(*rule.first);
    if (!active_[at]) {
        if (!truth(*rule.first)) return false;
        active_[at] = true;
    }
    if (truth(*rule.last)) active_[at] = false;
    return true;
}

void Machine::pattern_rules() {
    while (next_record()) {
        for (std::size_t i = 0; i < program_.rules.size(); ++i) {
            const auto& rule = program_.rules[i];
            if (rule.kind != Rule::Kind::pattern && rule.kind != Rule::Kind::range) continue;
            const bool runs = chosen(i);
            if (flow_ == Flow::normal && runs) {
                if (rule.body) {
                    block(*rule.body);
                } else {
                    call_.out.write(record_.text(ofs_, convfmt_));
                    call_.out.write(ors_);
                }
            }
            if (flow_ == Flow::normal) continue;
            if (flow_ == Flow::exit) return;
            if (flow_ == Flow::next_file) {
                record_.keep();
                main_.reset();
            }
            flow_ = Flow::normal;
            break;
        }
        if (memory.exhausted) return fail("memory", "the program holds more than 1 GiB");
        if (call_.out.failure()) {
            flow_ = Flow::exit;
            return;
        }
    }
}

void Machine::block(const Node& node) {
    for (const auto* statement : node.list) {
        execute(*statement);
        if (flow_ != Flow::normal) return;
    }
}

void Machine::execute(const Node& node) {
    switch (node.op) {
        case Op::block: return block(node);
        case Op::expression: {
            const auto& inner = *node.a;
            if (inner.op == Op::assign) {
                if (inner.b->op == Op::concat && append(inner)) return;
                return store(*inner.a, value(*inner.b));
            }
            if (inner.op == Op::call || inner.op == Op::builtin || inner.op == Op::conditional) {
                value(inner);
            } else {
                number(inner);
            }
            return;
        }
        case Op::if_else:
            if (truth(*node.a)) {
                if (flow_ == Flow::normal) execute(*node.b);
            } else if (node.c && flow_ == Flow::normal) {
                execute(*node.c);
            }
            return;
        case Op::while_loop:
        case Op::do_loop:
        case Op::for_loop: return loop(node);
        case Op::for_in: return for_in(node);
        case Op::next: flow_ = Flow::next; return;
        case Op::next_file: flow_ = Flow::next_file; return;
        case Op::break_loop: flow_ = Flow::break_loop; return;
        case Op::continue_loop: flow_ = Flow::continue_loop; return;
        case Op::exit:
            if (node.a) {
                const double status = number(*node.a);
                if (flow_ == Flow::exit) return;
                status_ =
                    std::isfinite(status) ? static_cast<int>(std::fmod(status, 256)) & 255 : 2;
            }
            flow_ = Flow::exit;
            return;
        case Op::return_value:
            if (node.a) result_ = value(*node.a);
            if (flow_ == Flow::normal) flow_ = Flow::return_value;
            return;
        case Op::delete_element: {
            Scratch scratch;
            const auto gone = key(node.list, scratch);
            return array(*node.a).erase(gone);
        }
        case Op::delete_all: return array(*node.a).clear();
        case Op::print:
        case Op::print_format: return print(node);
        default: number(node);
    }
}

// After the body of a loop: whether it may be run again.
bool Machine::goes_on() {
    if (memory.exhausted) fail("memory", "the program holds more than 1 GiB");
    if (flow_ == Flow::normal) return true;
    if (flow_ == Flow::continue_loop) {
        flow_ = Flow::normal;
        return true;
    }
    if (flow_ == Flow::break_loop) flow_ = Flow::normal;
    return false;
}

void Machine::loop(const Node& node) {
    if (node.op == Op::for_loop && node.a) execute(*node.a);
    const auto* const test = node.op == Op::for_loop ? node.b : node.a;
    bool first = node.op == Op::do_loop;
    while (flow_ == Flow::normal) {
        if (!first && test && !truth(*test)) return;
        if (flow_ != Flow::normal) return;
        first = false;
        execute(*node.d);
        if (!goes_on()) return;
        if (node.op == Op::for_loop && node.c) execute(*node.c);
    }
}

void Machine::for_in(const Node& node) {
    for (const auto& name : array(*node.b).keys()) {
        store(*node.a, name);
        execute(*node.d);
        if (!goes_on()) return;
    }
}

Output* Machine::target(const Node& node) {
    if (node.target == Target::standard) return &call_.out;
    Scratch scratch;
    const auto name = text(*node.b, scratch);
    if (flow_ != Flow::normal) return nullptr;
    auto out = streams_.output(node.target, name);
    if (out) return *out;
    fail(out.error());
    return nullptr;
}

void Machine::print(const Node& node) {
    const bool pure = std::ranges::all_of(node.list, [](const Node* part) { return part->pure; });
    Output* out = nullptr;
    if (pure) {
        out = target(node);
        if (!out) return;
        node.op == Op::print ? print_list(node, *out) : print_format(node, *out);
    } else {
        // What the parts do comes first: print or exit in a function.
        const auto before = stack_.size();
        for (const auto* part : node.list) stack_.push_back(value(*part));
        if (flow_ == Flow::normal) out = target(node);
        if (out && node.op == Op::print) {
            for (std::size_t i = before; i < stack_.size(); ++i) {
                if (i > before) out->write(ofs_);
                Scratch scratch;
                auto& shown = stack_[i];
                out->write(shown.kind() == Value::Kind::number
                               ? number_text(shown.number(), ofmt_, scratch.digits, scratch.longer)
                               : text_of(shown, scratch));
            }
            out->write(ors_);
        } else if (out) {
            const auto start = buffer_.size();
            Scratch scratch;
            Value form = stack_[before];
            if (format_to_buffer(text_of(form, scratch), before + 1)) {
                out->write(std::string_view(buffer_).substr(start));
            }
            buffer_.resize(start);
        }
        stack_.resize(before);
        if (!out) return;
    }
    if (out == &call_.error || (out == &call_.out && terminal_)) out->flush();
}

void Machine::print_one(const Node& node, Output& out) {
    Scratch scratch;
    switch (node.op) {
        case Op::field: {
            const auto index = field_index(node);
            if (flow_ != Flow::normal) return;
            if (const auto* const given = record_.assigned(index)) {
                scratch.hold = *given;
                break;
            }
            return out.write(field_text(index, scratch));
        }
        case Op::text: return out.write(texts_[node.slot].view());
        case Op::concat:
            for (const auto* part : node.list) {
                Scratch inner;
                out.write(text(*part, inner));
            }
            return;
        default: scratch.hold = value(node);
    }
    if (flow_ != Flow::normal) return;
    if (scratch.hold.kind() == Value::Kind::number) {
        out.write(number_text(scratch.hold.number(), ofmt_, scratch.digits, scratch.longer));
    } else {
        out.write(text_of(scratch.hold, scratch));
    }
}

void Machine::print_list(const Node& node, Output& out) {
    if (node.list.empty()) out.write(record_.text(ofs_, convfmt_));
    for (std::size_t i = 0; i < node.list.size(); ++i) {
        if (i > 0) out.write(ofs_);
        print_one(*node.list[i], out);
        if (flow_ != Flow::normal) return;
    }
    out.write(ors_);
}

// With the values on the stack from `first` on as arguments.
bool Machine::format_to_buffer(std::string_view form, std::size_t first) {
    const auto problem = format(buffer_, form, std::span(stack_).subspan(first), convfmt_);
    if (!problem.empty()) fail("printf", problem);
    return problem.empty();
}

void Machine::print_format(const Node& node, Output& out) {
    const auto start = buffer_.size();
    const auto before = stack_.size();
    for (std::size_t i = 1; i < node.list.size(); ++i) stack_.push_back(value(*node.list[i]));
    Scratch scratch;
    const std::string_view form = text(*node.list[0], scratch);
    if (flow_ == Flow::normal && format_to_buffer(form, before))
        out.write(std::string_view(buffer_).substr(start));
    stack_.resize(before);
    buffer_.resize(start);
}

}  // namespace limpet::commands::awk
