// parse/filter_code.cpp - the program of a filter's tree.
//
// Each test is a conditional jump to one of two labels further on. What the accumulator and the
// index hold is known along the way and where jumps meet, so nothing is loaded twice in a row.
#include "parse/filter_code.h"

#include <optional>

namespace limpet::parse::filter {
namespace {

using namespace bpf;

struct State {
    std::optional<Load> accumulator;
    std::optional<std::uint32_t> index;  // the length of the IPv4 header there
    bool operator==(const State&) const = default;
};

class Generator {
public:
    explicit Generator(const Tree& tree) : tree_(tree) {}

    Result<BpfProgram> run(int root, std::uint32_t snapshot) {
        const int yes = label(), no = label();
        node(root, yes, no);
        place(yes);
        emit(ret | k, snapshot);
        place(no);
        emit(ret | k, 0);
        if (too_deep_) return refused("filter", "its arithmetic needs more than 16 places");
        return lay_out();
    }

private:
    struct Step {
        BpfInstruction instruction;
        int yes = -1, no = -1;  // labels of a conditional jump
        bool far = false;       // a label is more than 255 away: it jumps to jumps
    };
    struct Label {
        std::size_t at = 0;  // in steps_
        bool reached = false;
        State state;
    };

    int label() {
        labels_.emplace_back();
        return static_cast<int>(labels_.size() - 1);
    }
    Label& of(int label) { return labels_[static_cast<std::size_t>(label)]; }
    void emit(unsigned code, std::uint32_t value) {
        steps_.push_back({{static_cast<std::uint16_t>(code), 0, 0, value}});
    }
    // Of two ways to a label, what both know is known.
    void reach(int target) {
        auto& there = of(target);
        if (!there.reached) {
            there.state = state_;
        } else {
            if (there.state.accumulator != state_.accumulator) there.state.accumulator.reset();
            if (there.state.index != state_.index) there.state.index.reset();
        }
        there.reached = true;
    }
    // Code goes on here only by jumps: every step before is one, or returns.
    void place(int target) {
        of(target).at = steps_.size();
        state_ = of(target).state;
    }
    void jump(unsigned how, std::uint32_t value, int yes, int no) {
        steps_.push_back({{static_cast<std::uint16_t>(jmp | how), 0, 0, value}, yes, no});
        reach(yes);
        reach(no);
    }

    static unsigned size_of(const Load& load) {
        return load.size == 1 ? byte : load.size == 2 ? half : word;
    }
    void load_header(std::uint32_t network) {
        if (state_.index == network) return;
        emit(ldx | msh | byte, network);
        state_.index = network;
    }
    void fetch(const Load& load) {
        if (state_.accumulator == load) return;
        Load whole = load;
        whole.mask = 0xffffffff;
        if (state_.accumulator != whole) {
            switch (load.from) {
                case From::packet:
                case From::kernel: emit(ld | abs | size_of(load), load.offset); break;
                case From::length: emit(ld | len | word, 0); break;
                case From::transport:
                    load_header(load.network);
                    emit(ld | ind | size_of(load), load.network + load.offset);
                    break;
            }
        }
        if (load.mask != 0xffffffff) emit(alu | and_ | k, load.mask);
        state_.accumulator = load;
    }

    void node(int index, int yes, int no) {
        const auto& node = tree_.nodes[static_cast<std::size_t>(index)];
        switch (node.kind) {
            case Node::Kind::yes:
            case Node::Kind::no: {
                // The condition is the same either way.
                const int target = node.kind == Node::Kind::yes ? yes : no;
                jump(jeq | k, 0, target, target);
                break;
            }
            case Node::Kind::both:
            case Node::Kind::either: {
                const bool both = node.kind == Node::Kind::both;
                const int between = label();
                this->node(node.left, both ? between : yes, both ? no : between);
                // Nobody may come here: then what follows is never run, and harmless.
                place(between);
                this->node(node.right, yes, no);
                break;
            }
            case Node::Kind::negation: this->node(node.left, no, yes); break;
            case Node::Kind::test:
                fetch(node.load);
                jump(node.jump, node.value, yes, no);
                break;
            case Node::Kind::compare: compare(node, yes, no); break;
        }
    }

    void compare(const Node& node, int yes, int no) {
        const auto& right = tree_.sums[static_cast<std::size_t>(node.right)];
        sum(node.left, 0);
        if (right.kind == Sum::Kind::number) {
            jump(node.jump | k, right.number, yes, no);
            return;
        }
        save(0);
        sum(node.right, 1);
        emit(misc | tax, 0);
        emit(ld | mem, 0);
        state_ = {};
        jump(node.jump | x, 0, yes, no);
    }

    void save(unsigned place) {
        constexpr unsigned words = 16;
        if (place >= words) too_deep_ = true;
        emit(st, place % words);
    }

    // Leaves it in the accumulator; memory from `place` on is free.
    void sum(int index, unsigned place) {
        const auto& sum = tree_.sums[static_cast<std::size_t>(index)];
        switch (sum.kind) {
            case Sum::Kind::number:
                emit(ld | imm, sum.number);
                state_.accumulator.reset();
                break;
            case Sum::Kind::load: fetch(sum.load); break;
            case Sum::Kind::indexed:
                this->sum(sum.left, place);
                if (sum.load.from == From::transport) {
                    save(place);
                    state_ = {};
                    load_header(sum.load.network);
                    emit(ld | mem, place % 16);
                    emit(alu | add | x, 0);
                }
                emit(misc | tax, 0);
                emit(ld | ind | size_of(sum.load), sum.load.network);
                state_ = {};
                break;
            case Sum::Kind::operation: {
                const auto& right = tree_.sums[static_cast<std::size_t>(sum.right)];
                this->sum(sum.left, place);
                if (right.kind == Sum::Kind::number) {
                    emit(alu | sum.operation | k, right.number);
                    state_.accumulator.reset();
                    break;
                }
                save(place);
                this->sum(sum.right, place + 1);
                emit(misc | tax, 0);
                emit(ld | mem, place % 16);
                emit(alu | sum.operation | x, 0);
                state_ = {};
                break;
            }
        }
    }

    // Where each step comes to lie, once it is known which of them have to jump far.
    std::vector<std::size_t> positions() const {
        std::vector<std::size_t> at;
        std::size_t next = 0;
        for (const auto& step : steps_) {
            at.push_back(next);
            next += step.far ? 3 : 1;
        }
        at.push_back(next);
        return at;
    }

    Result<BpfProgram> lay_out() {
        constexpr std::size_t near = 255;
        std::vector<std::size_t> at;
        for (bool changed = true; changed;) {
            changed = false;
            at = positions();
            for (std::size_t i = 0; i < steps_.size(); ++i) {
                auto& step = steps_[i];
                if (step.yes < 0 || step.far) continue;
                const auto furthest = std::max(at[of(step.yes).at], at[of(step.no).at]);
                if (furthest - at[i] - 1 <= near) continue;
                step.far = changed = true;
            }
        }
        BpfProgram program;
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            const auto& step = steps_[i];
            program.push_back(step.instruction);
            if (step.yes < 0) continue;
            const auto yes = at[of(step.yes).at] - at[i] - 1;
            const auto no = at[of(step.no).at] - at[i] - 1;
            auto& here = program.back();
            if (!step.far) {
                here.jump_true = static_cast<std::uint8_t>(yes);
                here.jump_false = static_cast<std::uint8_t>(no);
                continue;
            }
            here.jump_false = 1;
            program.push_back({jmp | ja, 0, 0, static_cast<std::uint32_t>(yes - 1)});
            program.push_back({jmp | ja, 0, 0, static_cast<std::uint32_t>(no - 2)});
        }
        if (!bpf_valid(program)) return refused("filter", "it is longer than the kernel takes");
        return program;
    }

    const Tree& tree_;
    std::vector<Step> steps_;
    std::vector<Label> labels_;
    State state_;
    bool too_deep_ = false;
};

}  // namespace

int Tree::add(const Node& node) {
    nodes.push_back(node);
    return static_cast<int>(nodes.size() - 1);
}

int Tree::add(const Sum& sum) {
    sums.push_back(sum);
    return static_cast<int>(sums.size() - 1);
}

int Tree::both(int left, int right) {
    return add(Node{.kind = Node::Kind::both, .left = left, .right = right});
}

int Tree::either(int left, int right) {
    return add(Node{.kind = Node::Kind::either, .left = left, .right = right});
}

int Tree::negation(int node) { return add(Node{.kind = Node::Kind::negation, .left = node}); }

int Tree::test(const Load& load, std::uint32_t value, std::uint16_t jump) {
    return add(Node{.kind = Node::Kind::test, .load = load, .jump = jump, .value = value});
}

Result<BpfProgram> generate(const Tree& tree, int root, std::uint32_t snapshot) {
    return Generator(tree).run(root, snapshot);
}

}  // namespace limpet::parse::filter
