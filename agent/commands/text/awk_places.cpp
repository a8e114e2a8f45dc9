// commands/text/awk_places.cpp - variables, elements and fields: what can be assigned to.
#include "commands/text/awk_machine.h"

#include <cmath>

namespace limpet::commands::awk {

std::size_t Machine::field_index(const Node& node) {
    const double index = node.a->op == Op::number ? node.a->number : number(*node.a);
    if (index >= 0 && index <= static_cast<double>(Record::field_limit)) {
        return static_cast<std::size_t>(index);
    }
    fail("field", "there is none of this number");
    return 0;
}

std::string_view Machine::field_text(std::size_t index, Scratch& scratch) {
    if (index == 0) return record_.text(ofs_, convfmt_);
    if (auto* const value = record_.assigned(index); value && !value->has_text()) {
        return text_of(*value, scratch);
    }
    return record_.field(index);
}

Value Machine::field_value(std::size_t index) {
    if (index == 0) return Value(record_.text(ofs_, convfmt_), Value::Kind::input);
    if (auto* const value = record_.assigned(index)) return *value;
    return Value(record_.field(index), Value::Kind::input);
}

double Machine::field_number(std::size_t index) {
    if (index == 0) return scan_number(record_.text(ofs_, convfmt_)).number;
    if (auto* const value = record_.assigned(index)) return value->number();
    return scan_number(record_.field(index)).number;
}

Value Machine::special(std::uint32_t slot) {
    switch (static_cast<Special>(slot)) {
        case Special::NF: return static_cast<double>(record_.count());
        case Special::NR: return nr_;
        case Special::FNR: return fnr_;
        default: return globals_[slot];
    }
}

void Machine::set_special(std::uint32_t slot, Value value) {
    const auto which = static_cast<Special>(slot);
    switch (which) {
        case Special::NF: {
            const double count = value.number();
            if (!(count >= 0 && count <= static_cast<double>(Record::field_limit))) {
                return fail("NF", "it must be from 0 to 10000000");
            }
            record_.resize(static_cast<std::size_t>(count));
            return;
        }
        case Special::NR: nr_ = value.number(); return;
        case Special::FNR: fnr_ = value.number(); return;
        default: break;
    }
    globals_[slot] = std::move(value);
    Scratch scratch;
    const auto text = text_of(globals_[slot], scratch);
    switch (which) {
        case Special::FS:
            // What was read is split as it would have been then.
            record_.split();
            separator_ = separator_of(text);
            break;
        case Special::RS: set_record_end(text); break;
        case Special::OFS:
            // A record that was changed is put together with what stood here at that time.
            record_.text(ofs_, convfmt_);
            ofs_ = text;
            break;
        case Special::ORS: ors_ = text; break;
        case Special::SUBSEP: subsep_ = text; break;
        case Special::CONVFMT: convfmt_ = text; break;
        case Special::OFMT: ofmt_ = text; break;
        default: break;
    }
}

void Machine::set_separator(std::string_view text) {
    set_special(static_cast<std::uint32_t>(Special::FS), Value(text));
}

Separator Machine::separator_of(std::string_view text) {
    Separator made;
    made.newline = record_end_.kind == RecordEnd::Kind::paragraph;
    if (text == " ") return made;
    made.kind = text.empty() ? Separator::Kind::none : Separator::Kind::byte;
    if (text.empty()) return made;
    made.byte = text[0];
    if (text.size() == 1) return made;
    // With an expression a newline is no separator: every awk has it so, whatever POSIX says.
    made.regex = compiled(parse::awk::regex_text(text));
    made.kind = made.regex ? Separator::Kind::regex : Separator::Kind::blanks;
    return made;
}

void Machine::set_record_end(std::string_view text) {
    record_end_ = {};
    if (text.empty()) {
        record_end_.kind = RecordEnd::Kind::paragraph;
    } else if (text.size() == 1) {
        record_end_.byte = text[0];
    } else if (auto* const regex = compiled(parse::awk::regex_text(text))) {
        record_end_.kind = RecordEnd::Kind::regex;
        record_end_.regex = regex;
    }
    record_.split();
    Scratch scratch;
    separator_ = separator_of(text_of(globals_[static_cast<std::size_t>(Special::FS)], scratch));
}

void Machine::store(const Node& place, Value value) {
    switch (place.op) {
        case Op::global:
        case Op::local: variable(place) = std::move(value); break;
        case Op::special: set_special(place.slot, std::move(value)); break;
        case Op::element: {
            Scratch scratch;
            auto& elements = array(*place.a);
            elements.at(key(place.list, scratch)) = std::move(value);
            break;
        }
        case Op::field: {
            const auto index = field_index(place);
            if (flow_ == Flow::exit) break;
            if (index > 0) {
                record_.assign(index, std::move(value));
                break;
            }
            Scratch scratch;
            set_record(text_of(value, scratch));
            break;
        }
        default: break;
    }
}

// x = x y z: what is there grows in place.
bool Machine::append(const Node& node) {
    const auto& place = *node.a;
    const auto& parts = node.b->list;
    if (place.op != Op::global && place.op != Op::local) return false;
    if (parts[0]->op != place.op || parts[0]->slot != place.slot || !node.b->pure) return false;
    const auto before = buffer_.size();
    for (std::size_t i = 1; i < parts.size(); ++i) {
        Scratch scratch;
        const auto shown = text(*parts[i], scratch);
        if (memory.fits(buffer_.size() - before + shown.size())) buffer_ += shown;
    }
    auto& grown = variable(place);
    if (!grown.has_text()) {
        Scratch scratch;
        grown = Value(text_of(grown, scratch));
    }
    grown.append(std::string_view(buffer_).substr(before));
    buffer_.resize(before);
    return true;
}

Value Machine::assign(const Node& node) {
    if (node.b->op == Op::concat && append(node)) return variable(*node.a);
    auto made = value(*node.b);
    // A field keeps no copy that looks like input of what was computed.
    if (node.a->op == Op::global || node.a->op == Op::local) return variable(*node.a) = made;
    store(*node.a, made);
    return made;
}

double Machine::compound(const Node& node) {
    const double right = number(*node.b);
    const auto& place = *node.a;
    if (place.op == Op::global || place.op == Op::local) {
        auto& changed = variable(place);
        const double made = arithmetic(node.operation, changed.number(), right);
        changed = made;
        return made;
    }
    if (place.op == Op::element) {
        Scratch scratch;
        auto& elements = array(*place.a);
        auto& changed = elements.at(key(place.list, scratch));
        const double made = arithmetic(node.operation, changed.number(), right);
        changed = made;
        return made;
    }
    if (place.op == Op::special) {
        const double made = arithmetic(node.operation, special(place.slot).number(), right);
        set_special(place.slot, made);
        return made;
    }
    const auto index = field_index(place);
    const double made = arithmetic(node.operation, field_number(index), right);
    if (flow_ == Flow::exit) return made;
    if (index > 0) {
        record_.assign(index, made);
    } else {
        Scratch scratch;
        set_record(number_text(made, convfmt_, scratch.digits, scratch.longer));
    }
    return made;
}

// ++ and --, before and after.
double Machine::step(const Node& node) {
    const auto& place = *node.a;
    double old = 0;
    if (place.op == Op::global || place.op == Op::local || place.op == Op::element) {
        Scratch scratch;
        auto& changed = place.op == Op::element ? array(*place.a).at(key(place.list, scratch))
                                                : variable(place);
        old = changed.number();
        changed = old + node.number;
    } else if (place.op == Op::special) {
        old = special(place.slot).number();
        set_special(place.slot, old + node.number);
    } else {
        const auto index = field_index(place);
        old = field_number(index);
        if (flow_ == Flow::exit) return old;
        if (index > 0) {
            record_.assign(index, old + node.number);
        } else {
            Scratch scratch;
            set_record(number_text(old + node.number, convfmt_, scratch.digits, scratch.longer));
        }
    }
    return node.op == Op::before ? old + node.number : old;
}

}  // namespace limpet::commands::awk
