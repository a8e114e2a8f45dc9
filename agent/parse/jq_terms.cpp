// parse/jq_terms.cpp - a filter's terms: paths, strings, objects and patterns.
#include "parse/jq_parser.h"

#include <algorithm>

namespace limpet::parse::jq {

using Kind = Node::Kind;

static bool path_step(Kind kind) {
    return kind == Kind::field || kind == Kind::slice || kind == Kind::iterate;
}

Result<std::string> Parser::dollar() {
    words_.space();
    if (words_.here() != '$') return words_.wrong("a variable is missing");
    words_.skip(1);
    return words_.name("variable");
}

Result<Index> Parser::variable() {
    auto name = TRY(dollar());
    if (name == "__loc__") return words_.wrong("$__loc__ is not built in here");
    if (std::ranges::find(variables_, name) == variables_.end()) {
        return words_.wrong("$" + name + " is not defined");
    }
    return add(Kind::variable, std::move(name));
}

Result<Index> Parser::string(std::string format) {
    words_.skip(1);
    bool more = false;
    std::vector<Index> parts{add(Kind::string, TRY(words_.piece(more)))};
    if (!more) return parts[0];
    while (more) {
        parts.push_back(TRY(pipe()));
        TRY(words_.need(")"));
        parts.push_back(add(Kind::string, TRY(words_.piece(more))));
    }
    return add(Kind::interpolation, std::move(format), std::move(parts));
}

Result<Index> Parser::field_name() {
    if (words_.here() == '"') return string();
    return add(Kind::string, TRY(words_.name("field")));
}

Result<Index> Parser::bracket(Index term) {
    if (words_.take("]")) return add(Kind::iterate, {}, {term});
    Index from = none;
    Index to = none;
    if (!words_.take(":")) {
        from = TRY(pipe());
        if (words_.take("]")) return add(Kind::field, {}, {term, from});
        TRY(words_.need(":"));
    } else if (words_.take("]")) {
        return words_.wrong("a slice without an end");
    }
    if (!words_.take("]")) {
        to = TRY(pipe());
        TRY(words_.need("]"));
    }
    return add(Kind::slice, {}, {term, from, to});
}

Result<Index> Parser::postfix(bool binds) {
    Index term = TRY(this->term());
    for (;;) {
        const auto op = words_.operation();
        if (op == "?//") return words_.wrong("?// is not built in here");
        if (op == "[") {
            words_.skip(1);
            term = TRY(bracket(term));
        } else if (op == "?") {
            words_.skip(1);
            // Of a step it is the step alone that may fail, not what leads there.
            auto& step = filter_.nodes[term];
            if (path_step(step.kind) && step.text.empty()) {
                step.text = "?";
            } else {
                term = add(Kind::attempt, {}, {term, none});
            }
        } else if (op == "." && (name_start(words_.after()) || words_.after() == '"')) {
            words_.skip(1);
            const Index name = TRY(field_name());
            term = add(Kind::field, {}, {term, name});
        } else if (op == "." && words_.after() == '[') {
            words_.skip(1);
        } else {
            break;
        }
    }
    if (!binds || !words_.take("as")) return term;
    const auto variables = variables_.size();
    const Index pattern = TRY(this->pattern());
    TRY(words_.need("|"));
    const Index body = TRY(pipe());
    variables_.resize(variables);
    return add(Kind::bind, {}, {term, pattern, body});
}

Result<Index> Parser::pattern() {
    if (++depth_ > depth_limit) return words_.wrong("nested too deeply");
    std::vector<Index> parts;
    Index node = none;
    if (words_.take("[")) {
        do parts.push_back(TRY(pattern()));
        while (words_.take(","));
        TRY(words_.need("]"));
        node = add(Kind::array_pattern, {}, std::move(parts));
    } else if (words_.take("{")) {
        do {
            TRY(pattern_member(parts));
        } while (words_.take(","));
        TRY(words_.need("}"));
        node = add(Kind::object_pattern, {}, std::move(parts));
    } else {
        auto name = TRY(dollar());
        variables_.push_back(name);
        node = add(Kind::variable, std::move(name));
    }
    --depth_;
    return node;
}

Result<> Parser::pattern_member(std::vector<Index>& parts) {
    words_.space();
    if (words_.here() == '$') {
        auto name = TRY(dollar());
        variables_.push_back(name);
        parts.push_back(add(Kind::string, name));
        parts.push_back(add(Kind::variable, std::move(name)));
        return {};
    }
    parts.push_back(TRY(member_name()));
    TRY(words_.need(":"));
    parts.push_back(TRY(pattern()));
    return {};
}

Result<Index> Parser::member_name() {
    if (words_.take("(")) {
        const Index name = TRY(pipe());
        TRY(words_.need(")"));
        return name;
    }
    words_.space();
    if (words_.here() == '@') {
        words_.skip(1);
        auto format = TRY(words_.name("format"));
        words_.space();
        if (words_.here() != '"') return words_.wrong("a string is missing");
        return string(std::move(format));
    }
    return field_name();
}

Result<Index> Parser::object() {
    std::vector<Index> parts;
    if (words_.take("}")) return add(Kind::object);
    do {
        words_.space();
        if (words_.here() == '$') {
            const Index value = TRY(variable());
            parts.push_back(add(Kind::string, filter_.nodes[value].text));
            parts.push_back(value);
            continue;
        }
        const bool computed = words_.here() == '(';
        const Index name = TRY(member_name());
        parts.push_back(name);
        if (words_.take(":")) {
            std::vector<Index> stages;
            do stages.push_back(TRY(expression(1)));
            while (words_.take("|"));
            parts.push_back(stages.size() == 1 ? stages[0]
                                               : add(Kind::pipe, {}, std::move(stages)));
        } else if (computed) {
            return words_.wrong("':' is missing");
        } else {
            parts.push_back(add(Kind::field, {}, {add(Kind::identity), name}));
        }
    } while (words_.take(","));
    TRY(words_.need("}"));
    return add(Kind::object, {}, std::move(parts));
}

Result<Index> Parser::term() {
    const auto op = words_.operation();
    if (op == ".") {
        words_.skip(1);
        if (words_.here() == '.') {
            words_.skip(1);
            return call("recurse", {});
        }
        if (words_.here() >= '0' && words_.here() <= '9') {
            return add(Kind::number, '0' + ('.' + words_.number()));
        }
        const Index input = add(Kind::identity);
        if (!name_start(words_.here()) && words_.here() != '"') return input;
        const Index name = TRY(field_name());
        return add(Kind::field, {}, {input, name});
    }
    if (words_.take("(")) {
        const Index inner = TRY(pipe());
        TRY(words_.need(")"));
        return inner;
    }
    if (words_.take("[")) {
        if (words_.take("]")) return add(Kind::array, {}, {none});
        const Index inner = TRY(pipe());
        TRY(words_.need("]"));
        return add(Kind::array, {}, {inner});
    }
    if (words_.take("{")) return object();
    const char byte = words_.here();
    if (byte == '"') return string();
    if (byte == '$') return variable();
    if (byte >= '0' && byte <= '9') return add(Kind::number, words_.number());
    if (byte == '@') {
        words_.skip(1);
        auto format = TRY(words_.name("format"));
        words_.space();
        return words_.here() == '"' ? string(std::move(format))
                                    : Result<Index>(add(Kind::format, std::move(format)));
    }
    return named();
}

Result<Index> Parser::named() {
    auto name = std::string(words_.word());
    if (name.empty()) return words_.wrong("syntax error");
    words_.skip(name.size());
    if (name == "if") return choose();
    if (name == "try") {
        Index body = none;
        if (words_.take("-")) {
            const Index inner = TRY(postfix(false));
            body = add(Kind::negate, {}, {inner});
        } else {
            body = TRY(postfix(false));
        }
        const Index handler = words_.take("catch") ? TRY(postfix(false)) : none;
        return add(Kind::attempt, {}, {body, handler});
    }
    if (name == "reduce" || name == "foreach") return fold(name == "reduce");
    if (name == "null" || name == "true" || name == "false") {
        return add(Kind::constant, std::move(name));
    }
    if (name == "break") {
        auto label = TRY(dollar());
        if (std::ranges::find(labels_, label) == labels_.end()) {
            return words_.wrong("$*label-" + label + " is not defined");
        }
        return add(Kind::leave, std::move(label));
    }
    if (name == "import" || name == "include") return words_.wrong("no modules here");
    if (keyword(name)) return words_.wrong("'" + name + "' is not expected");
    std::vector<Index> arguments;
    if (words_.take("(")) {
        do arguments.push_back(TRY(pipe()));
        while (words_.take(";"));
        TRY(words_.need(")"));
    }
    return call(std::move(name), std::move(arguments));
}

}  // namespace limpet::parse::jq
