// commands/text/awk_evaluate.cpp - expressions of awk.
#include "commands/mathematics.h"
#include "commands/text/awk_machine.h"

#include <algorithm>
#include <cmath>

namespace limpet::commands::awk {

using Kind = Value::Kind;

Array& Machine::array(const Node& name) {
    if (name.op == Op::local) {
        auto& local = stack_[base_ + name.slot];
        if (local.kind() == Kind::array) return *local.array();
        // One that was called with no array where it needs one: resolve() lets none through.
    }
    auto& own = arrays_[name.op == Op::local ? arrays_.size() - 1 : name.slot];
    if (!own) own = std::make_unique<Array>();
    return *own;
}

std::string_view Machine::text_of(Value& value, Scratch& scratch) {
    if (value.has_text()) return value.view();
    if (value.kind() != Kind::number) return {};
    return number_text(value.number(), convfmt_, scratch.digits, scratch.longer);
}

std::string_view Machine::key(const std::vector<Node*>& list, Scratch& scratch) {
    if (list.size() == 1) return text(*list[0], scratch);
    const auto before = buffer_.size();
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (i > 0) buffer_ += subsep_;
        Scratch part;
        const auto shown = text(*list[i], part);
        if (memory.fits(buffer_.size() - before + shown.size())) buffer_ += shown;
    }
    scratch.hold = Value(std::string_view(buffer_).substr(before));
    buffer_.resize(before);
    return scratch.hold.view();
}

Value Machine::value(const Node& node) {
    switch (node.op) {
        case Op::number: return node.number;
        case Op::text: return texts_[node.slot];
        case Op::global:
        case Op::local: return variable(node);
        case Op::special: return special(node.slot);
        case Op::field: return field_value(field_index(node));
        case Op::element: {
            Scratch scratch;
            auto& elements = array(*node.a);
            return elements.at(key(node.list, scratch));
        }
        case Op::assign: return assign(node);
        case Op::conditional: return value(truth(*node.a) ? *node.b : *node.c);
        case Op::concat: return concatenation(node);
        case Op::call: return call(node);
        case Op::builtin: return builtin(node);
        case Op::regex:
        case Op::logical_or:
        case Op::logical_and:
        case Op::logical_not:
        case Op::member:
        case Op::match:
        case Op::no_match:
        case Op::less:
        case Op::less_equal:
        case Op::equal:
        case Op::not_equal:
        case Op::greater:
        case Op::greater_equal: return truth(node) ? 1.0 : 0.0;
        default: return number(node);
    }
}

double Machine::arithmetic(Op operation, double left, double right) {
    switch (operation) {
        case Op::add: return left + right;
        case Op::subtract: return left - right;
        case Op::multiply: return left * right;
        case Op::divide:
            if (right == 0) {
                fail("division", "by zero");
                return 0;
            }
            return left / right;
        case Op::modulo:
            if (right == 0) {
                fail("division", "by zero in %");
                return 0;
            }
            return std::fmod(left, right);
        default: return right == 2 ? left * left : mathematics::pow(left, right);
    }
}

double Machine::number(const Node& node) {
    switch (node.op) {
        case Op::number: return node.number;
        case Op::global:
        case Op::local: return variable(node).number();
        case Op::special: return special(node.slot).number();
        case Op::field: return field_number(field_index(node));
        case Op::element: {
            Scratch scratch;
            auto& elements = array(*node.a);
            return elements.at(key(node.list, scratch)).number();
        }
        case Op::compound: return compound(node);
        case Op::before:
        case Op::after: return step(node);
        case Op::conditional: return number(truth(*node.a) ? *node.b : *node.c);
        case Op::add:
        case Op::subtract:
        case Op::multiply:
        case Op::divide:
        case Op::modulo:
        case Op::power: {
            const double left = number(*node.a);
            return arithmetic(node.op, left, number(*node.b));
        }
        case Op::negate: return -number(*node.a);
        case Op::plus: return number(*node.a);
        case Op::getline:
        case Op::getline_file:
        case Op::getline_command: return get_line(node);
        case Op::builtin: return number_builtin(node);
        case Op::text:
        case Op::assign:
        case Op::concat:
        case Op::call: return value(node).number();
        case Op::grouping: return 0;
        default: return truth(node) ? 1 : 0;
    }
}

bool Machine::truth(const Node& node) {
    switch (node.op) {
        case Op::number: return node.number != 0;
        case Op::global:
        case Op::local: return variable(node).truth();
        case Op::regex: return matches(regex(node), record_.text(ofs_, convfmt_));
        case Op::logical_or: return truth(*node.a) || truth(*node.b);
        case Op::logical_and: return truth(*node.a) && truth(*node.b);
        case Op::logical_not: return !truth(*node.a);
        case Op::member: return member(node);
        case Op::match: return matches(node);
        case Op::no_match: return !matches(node);
        case Op::less:
        case Op::less_equal:
        case Op::equal:
        case Op::not_equal:
        case Op::greater:
        case Op::greater_equal: return compare(node);
        case Op::conditional: return truth(truth(*node.a) ? *node.b : *node.c);
        case Op::text:
        case Op::special:
        case Op::field:
        case Op::element:
        case Op::assign:
        case Op::concat:
        case Op::call:
        case Op::builtin: return value(node).truth();
        default: return number(node) != 0;
    }
}

std::string_view Machine::text(const Node& node, Scratch& scratch) {
    switch (node.op) {
        case Op::text: return texts_[node.slot].view();
        case Op::number: return number_text(node.number, convfmt_, scratch.digits, scratch.longer);
        case Op::global:
        case Op::local: return text_of(variable(node), scratch);
        case Op::field: return field_text(field_index(node), scratch);
        case Op::element: {
            Scratch inner;
            auto& elements = array(*node.a);
            return text_of(elements.at(key(node.list, inner)), scratch);
        }
        case Op::conditional: return text(truth(*node.a) ? *node.b : *node.c, scratch);
        default: scratch.hold = value(node); return text_of(scratch.hold, scratch);
    }
}

Value Machine::concatenation(const Node& node) {
    const auto before = buffer_.size();
    for (const auto* part : node.list) {
        Scratch scratch;
        const auto shown = text(*part, scratch);
        if (memory.fits(buffer_.size() - before + shown.size())) buffer_ += shown;
    }
    Value made(std::string_view(buffer_).substr(before));
    buffer_.resize(before);
    return made;
}

Machine::Side Machine::side(const Node& node, Scratch& scratch, bool held) {
    if (!held) {
        if (node.op == Op::number) return {Kind::number, node.number, {}};
        if (node.op == Op::text) return {Kind::text, 0, texts_[node.slot].view()};
        if (node.op == Op::field) {
            const auto index = field_index(node);
            if (!record_.assigned(index)) return {Kind::input, 0, field_text(index, scratch)};
        }
        if (node.op == Op::global || node.op == Op::local) {
            auto& known = variable(node);
            known.look();
            return {known.kind(), known.kind() == Kind::text ? 0 : known.number(),
                    known.has_text() ? known.view() : std::string_view()};
        }
    }
    scratch.hold = value(node);
    scratch.hold.look();
    const auto kind = scratch.hold.kind();
    return {kind, kind == Kind::text ? 0 : scratch.hold.number(),
            scratch.hold.has_text() ? scratch.hold.view() : std::string_view()};
}

// As numbers when both are, or look like some and come from the input; else as texts.
bool Machine::compare(const Node& node) {
    Scratch first, second;
    Side left = side(*node.a, first, !node.b->pure);
    Side right = side(*node.b, second, false);
    int order = 0;
    bool unordered = false;
    if (left.kind != Kind::text && right.kind != Kind::text) {
        for (auto* one : {&left, &right}) {
            if (one->kind != Kind::input) continue;
            const auto found = scan_number(one->text);
            one->number = found.number;
            one->kind = found.all ? Kind::numeric : Kind::text;
        }
    }
    if (left.kind != Kind::text && right.kind != Kind::text) {
        unordered = std::isnan(left.number) || std::isnan(right.number);
        order = left.number < right.number ? -1 : left.number > right.number ? 1 : 0;
    } else {
        const auto shown = [&](Side& one, Scratch& scratch) {
            if (one.kind == Kind::number) {
                one.text = number_text(one.number, convfmt_, scratch.digits, scratch.longer);
            }
        };
        shown(left, first);
        shown(right, second);
        order = left.text.compare(right.text);
    }
    if (unordered) return node.op == Op::not_equal;
    switch (node.op) {
        case Op::less: return order < 0;
        case Op::less_equal: return order <= 0;
        case Op::equal: return order == 0;
        case Op::not_equal: return order != 0;
        case Op::greater: return order > 0;
        default: return order >= 0;
    }
}

bool Machine::member(const Node& node) {
    Scratch scratch;
    const auto wanted = key(node.list, scratch);
    return array(*node.a).contains(wanted);
}

void Machine::push_arguments(const Node& node, std::vector<std::unique_ptr<Array>>& own) {
    const auto& parameters = program_.functions[node.slot].parameters;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto* const given = i < node.list.size() ? node.list[i] : nullptr;
        if (!parameters[i].array) {
            auto made = given ? value(*given) : Value();
            // An array where the function wants none.
            if (made.kind() == Kind::array) made = Value();
            stack_.push_back(std::move(made));
        } else if (given) {
            auto* const shared = &array(*given);
            stack_.emplace_back(shared);
        } else {
            own.push_back(std::make_unique<Array>());
            stack_.emplace_back(own.back().get());
        }
    }
}

Value Machine::call(const Node& node) {
    const char here = 0;
    if (stack_top_ - &here > static_cast<std::ptrdiff_t>(stack_limit)) {
        fail("function " + program_.functions[node.slot].name, "it calls itself too deeply");
        return {};
    }
    std::vector<std::unique_ptr<Array>> own;
    const auto before = stack_.size();
    push_arguments(node, own);
    if (flow_ == Flow::normal) {
        const auto base = std::exchange(base_, before);
        execute(*program_.functions[node.slot].body);
        base_ = base;
        if (flow_ == Flow::return_value) flow_ = Flow::normal;
    }
    stack_.resize(before);
    return std::exchange(result_, Value());
}

}  // namespace limpet::commands::awk
