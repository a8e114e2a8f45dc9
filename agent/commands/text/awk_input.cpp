// commands/text/awk_input.cpp - records of awk: of its operands, and by getline.
#include "commands/text/awk_machine.h"

namespace limpet::commands::awk {

// The next of the operands that is a file; ARGV may have been changed. False when there is none.
bool Machine::next_input() {
    record_.keep();
    main_.reset();
    auto& arguments = *arrays_[static_cast<std::size_t>(Special::ARGV)];
    Scratch scratch;
    while (!input_ended_) {
        auto& count = globals_[static_cast<std::size_t>(Special::ARGC)];
        if (static_cast<double>(argument_) >= count.number()) {
            input_ended_ = true;
            if (any_file_) return false;
            main_ = std::make_unique<Reader>(Input(call_.in.fd()));
            fnr_ = 0;
            return true;
        }
        const auto key = std::to_string(argument_++);
        if (!arguments.contains(key)) continue;
        const std::string name(text_of(arguments.at(key), scratch));
        if (name.empty() || assign_operand(name)) continue;
        any_file_ = true;
        auto input = call_.open(name == "/dev/stdin" ? "-" : name);
        if (!input) {
            call_.complain(input.error());
            status_ = 2;
            continue;
        }
        main_ = std::make_unique<Reader>(*std::move(input));
        globals_[static_cast<std::size_t>(Special::FILENAME)] = Value(name, Value::Kind::input);
        fnr_ = 0;
        return true;
    }
    return false;
}

bool Machine::read_main(std::string_view& line) {
    for (;;) {
        if (!main_ && !next_input()) return false;
        if (flow_ == Flow::exit) return false;
        if (terminal_) call_.out.flush();
        auto got = main_->next(record_end_);
        if (!got) {
            call_.complain(got.error());
            status_ = 2;
        } else if (*got) {
            line = **got;
            ++nr_;
            ++fnr_;
            return true;
        }
        record_.keep();
        main_.reset();
    }
}

bool Machine::next_record() {
    std::string_view line;
    if (!read_main(line)) return false;
    record_.set(line, separator_);
    return true;
}

double Machine::get_line(const Node& node) {
    if (node.op == Op::getline) {
        if (!node.a) return next_record() ? 1 : 0;
        record_.keep();
        std::string_view line;
        if (!read_main(line)) return 0;
        store(*node.a, Value(line, Value::Kind::input));
        return 1;
    }
    Scratch scratch;
    const std::string name(text(*node.b, scratch));
    if (flow_ == Flow::exit) return -1;
    const bool command = node.op == Op::getline_command;
    auto reader = command ? streams_.command(name) : streams_.file(name);
    if (!reader) return -1;
    if (terminal_) call_.out.flush();
    const auto line = (*reader)->next(record_end_);
    if (!line) return -1;
    if (!*line) return 0;
    if (node.a) {
        store(*node.a, Value(**line, Value::Kind::input));
    } else {
        set_record(**line);
    }
    return 1;
}

}  // namespace limpet::commands::awk
