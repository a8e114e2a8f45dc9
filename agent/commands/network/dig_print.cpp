// network/dig_print.cpp - an answer of the domain name system as dig(1) prints it.
#include "commands/json.h"
#include "commands/local_time.h"
#include "commands/network/dig.h"

#include <ctime>

namespace limpet::commands {
namespace {

// Tabs to that column, a blank when the text is there already.
void indent(std::string& line, std::size_t& column, std::size_t to) {
    if (column >= to) {
        line += ' ';
        ++column;
        return;
    }
    line.append(to / 8 - column / 8, '\t');
    if (to / 8 == column / 8) line.append(to - column, ' ');
    column = to;
}

void put(std::string& line, std::size_t& column, std::string_view text) {
    line += text;
    column += text.size();
}

void print_record(Invocation& call, const DigView& view, const parse::DnsRecord& record) {
    std::string line;
    std::size_t column = 0;
    const bool both = view.ttl && view.category;
    put(line, column, record.name);
    indent(line, column, 24);
    if (view.ttl) {
        put(line, column, std::to_string(record.ttl));
        indent(line, column, 32);
    }
    if (view.category) {
        put(line, column, parse::dns_class_name(record.category));
        indent(line, column, both ? 40 : 32);
    }
    put(line, column, parse::dns_type_name(record.type));
    indent(line, column, both ? 48 : view.ttl || view.category ? 40 : 32);
    line += record.text;
    line += '\n';
    call.out.write(line);
}

void print_section(Invocation& call, const DigView& view, const char* title,
                   const std::vector<parse::DnsRecord>& records) {
    if (records.empty()) return;
    if (view.comments) call.out.print(";; %s SECTION:\n", title);
    for (const auto& record : records) print_record(call, view, record);
    if (view.comments) call.out.put('\n');
}

void print_header(Invocation& call, const parse::DnsMessage& message) {
    constexpr const char* operations[]{"QUERY",     "IQUERY", "STATUS",
                                       "RESERVED3", "NOTIFY", "UPDATE"};
    const auto operation = message.flags >> 11 & 15U;
    call.out.print(
        ";; ->>HEADER<<- opcode: %s, status: %s, id: %u\n;; flags: %s; QUERY: %zu, ANSWER: %zu, "
        "AUTHORITY: %zu, ADDITIONAL: %zu\n",
        operation < 6 ? operations[operation] : "RESERVED",
        parse::dns_code_name(message.code).c_str(), message.id,
        parse::dns_flag_names(message.flags).c_str(), message.questions.size(),
        message.answer.size(), message.authority.size(),
        message.additional.size() + (message.edns ? 1 : 0));
    if ((message.flags & parse::dns::recursion_desired) &&
        !(message.flags & parse::dns::recursion_available)) {
        call.out.write(";; WARNING: recursion requested but not available\n");
    }
    call.out.put('\n');
}

// RFC 6891: a code, a length and that many bytes, one behind the other.
void print_options(Invocation& call, std::string_view options) {
    while (options.size() >= 4) {
        const auto at = [&](std::size_t i) { return static_cast<unsigned char>(options[i]); };
        const unsigned code = at(0) << 8U | at(1);
        const auto bytes = options.substr(4, at(2) << 8U | at(3));
        options.remove_prefix(4 + bytes.size());
        std::string line = code == 3    ? "; NSID:"
                           : code == 10 ? "; COOKIE:"
                           : code == 15 ? "; EDE:"
                                        : "; OPT=" + std::to_string(code) + ":";
        const bool error = code == 15 && bytes.size() >= 2;
        char hexadecimal[8];
        if (error) {
            std::snprintf(
                hexadecimal, sizeof hexadecimal, " %u",
                static_cast<unsigned char>(bytes[0]) << 8U | static_cast<unsigned char>(bytes[1]));
            line += hexadecimal;
        }
        for (const char c : error ? std::string_view() : bytes) {
            std::snprintf(hexadecimal, sizeof hexadecimal, " %02x", static_cast<unsigned char>(c));
            line += hexadecimal;
        }
        const auto text = error ? bytes.substr(2) : bytes;
        if ((code == 3 || error) && !text.empty()) {
            line += " (\"";
            for (const char c : text) line += c >= ' ' && c < 0x7f ? c : '.';
            line += "\")";
        }
        call.out.write(line + "\n");
    }
}

void print_edns(Invocation& call, const parse::DnsMessage::Edns& edns) {
    call.out.print(";; OPT PSEUDOSECTION:\n; EDNS: version: %u, flags:%s; udp: %u\n", edns.version,
                   edns.dnssec ? " do" : "", edns.size);
    print_options(call, edns.options);
}

void print_questions(Invocation& call, const DigView& view, const parse::DnsMessage& message) {
    if (message.questions.empty()) return;
    if (view.comments) call.out.write(";; QUESTION SECTION:\n");
    for (const auto& question : message.questions) {
        std::string line = ";";
        std::size_t column = 0;  // without the semicolon, as dig counts
        put(line, column, question.name);
        // Where the class stands among the records.
        const std::size_t at = view.ttl && view.category ? 32 : 24;
        indent(line, column, 24);
        if (at == 32) indent(line, column, at);
        put(line, column, parse::dns_class_name(question.category));
        indent(line, column, view.ttl || view.category ? at + 8 : at);
        line += parse::dns_type_name(question.type);
        call.out.write(line + "\n");
    }
    if (view.comments) call.out.put('\n');
}

void add_records(std::string& json, const std::vector<parse::DnsRecord>& records) {
    json = "[";
    for (const auto& record : records) {
        if (json.size() > 1) json += ',';
        json += JsonObject()
                    .text("name", record.name)
                    .number("ttl", record.ttl)
                    .text("class", parse::dns_class_name(record.category))
                    .text("type", parse::dns_type_name(record.type))
                    .text("data", record.text)
                    .take();
    }
    json += ']';
}

}  // namespace

void print_answer(Invocation& call, const DigView& view, const DnsAnswer& answer,
                  std::string_view server_name) {
    const auto& message = answer.message;
    if (view.brief) {
        for (const auto& record : message.answer) call.out.write(record.text + "\n");
        return;
    }
    if (view.comments) {
        call.out.write(";; Got answer:\n");
        print_header(call, message);
        if (message.edns) print_edns(call, *message.edns);
    }
    if (view.question) print_questions(call, view, message);
    if (view.answer) print_section(call, view, "ANSWER", message.answer);
    if (view.authority) print_section(call, view, "AUTHORITY", message.authority);
    if (view.additional) print_section(call, view, "ADDITIONAL", message.additional);
    if (!view.statistics) return;
    const auto when = local_zone(call).at(::time(nullptr));
    const auto address = parse::text(answer.server);
    call.out.print(
        ";; Query time: %lld msec\n;; SERVER: %s#%u(%.*s) (%s)\n;; WHEN: %s\n"
        ";; MSG SIZE  rcvd: %zu\n\n",
        static_cast<long long>(answer.took / 1000), address.c_str(), answer.server.port,
        static_cast<int>(server_name.size()), server_name.data(), answer.tcp ? "TCP" : "UDP",
        parse::format_time("%a %b %d %H:%M:%S %Z %Y", when).c_str(), answer.size);
}

void print_json(Invocation& call, const parse::DnsQuestion& asked, const DnsAnswer& answer) {
    const auto& message = answer.message;
    JsonObject object;
    object.text("name", asked.name)
        .text("type", parse::dns_type_name(asked.type))
        .text("class", parse::dns_class_name(asked.category))
        .text("status", parse::dns_code_name(message.code))
        .number("id", message.id)
        .text("flags", parse::dns_flag_names(message.flags))
        .text("server", parse::text(answer.server))
        .number("port", answer.server.port)
        .text("transport", answer.tcp ? "tcp" : "udp")
        .real("milliseconds", static_cast<double>(answer.took) / 1000)
        .number("size", answer.size);
    std::string records;
    add_records(records, message.answer);
    object.raw("answer", records);
    add_records(records, message.authority);
    object.raw("authority", records);
    add_records(records, message.additional);
    object.raw("additional", records);
    object.line(call.out);
}

int explain(Invocation& call, std::string_view name, int family) {
    Resolver resolver(call.target);
    resolver.keep_steps = true;
    const auto found = resolver.addresses(name, family);
    const bool json = call.json();
    const auto show = [&](std::string_view source, std::string_view text) {
        if (json) {
            JsonObject().text("source", source).text("text", text).line(call.out);
        } else {
            call.out.print("%-20.*s %.*s\n", static_cast<int>(source.size()), source.data(),
                           static_cast<int>(text.size()), text.data());
        }
    };
    for (const auto& step : resolver.steps) show(step.source, step.text);
    if (!found) {
        show("result", text(found.error()));
        return 1;
    }
    std::string list;
    for (const auto& address : *found) {
        if (!list.empty()) list += ' ';
        list += parse::text(address);
    }
    show("result", list);
    return 0;
}

}  // namespace limpet::commands
