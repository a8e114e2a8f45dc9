// wget.cpp - fetch what a URL leads to; the options and exit statuses of wget(1).
#include "commands/create.h"
#include "commands/network/http_request.h"
#include "commands/session/duration.h"
#include "limpet/version.h"
#include "parse/lines.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

// wget(1), "EXIT STATUS".
constexpr int file_failed = 3, network_failed = 4, tls_failed = 5, protocol_failed = 7,
              server_refused = 8;

struct Request {
    HttpSettings settings;
    HttpRequest plain;
    int redirects = 20, tries = 1;
    bool quiet = false, shows_head = false, spider = false;
};

void say(Invocation& call, const Request& request, std::string_view text) {
    if (request.quiet) return;
    call.error.write(text);
    call.error.flush();
}

int status_of(const HttpClient& client) {
    if (client.stage == HttpStage::secure) return tls_failed;
    const bool garbled = client.fault == HttpFault::not_http || client.fault == HttpFault::packing;
    return garbled ? protocol_failed : network_failed;
}

void show_head(Invocation& call, const HttpClient& client) {
    for (std::string_view rest = client.head_text; !rest.empty();) {
        auto line = parse::take_line(rest);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        call.error.write("  ");
        call.error.write(line);
        call.error.put('\n');
    }
    call.error.flush();
}

std::string name_of(const Invocation& call, const parse::Url& url) {
    if (const auto said = call.options.value('O')) return std::string(*said);
    auto name = url.path.substr(url.path.rfind('/', url.path.find('?')) + 1);
    if (name.empty() || name[0] == '?') name.insert(0, "index.html");
    if (const auto folder = call.options.value('P')) {
        name.insert(0, "/").insert(0, *folder);
    }
    return name;
}

int save(Invocation& call, const Request& request, HttpClient& client, const parse::Url& url) {
    const auto name = name_of(call, url);
    Fd file;
    std::optional<Output> out;
    if (name != "-" && name != "/dev/null") {
        auto created = create(call, name, Writing::truncate);
        if (!created) {
            call.complain(created.error());
            return file_failed;
        }
        file = *std::move(created);
        out.emplace(BorrowedFd(file));
    }
    say(call, request, "Saving to: '" + name + "'\n");
    Output* const sink = name == "-" ? &call.out : out ? &*out : nullptr;
    for (;;) {
        const auto block = client.read();
        if (!block) {
            call.complain(block.error());
            return status_of(client);
        }
        if (block->empty()) break;
        if (!sink) continue;
        sink->write(*block);
        if (!sink->flush()) {
            if (out) call.complain(*sink->failure());
            return file_failed;
        }
    }
    say(call, request, "'" + name + "' saved [" + std::to_string(client.received) + "]\n");
    return 0;
}

int fetch(Invocation& call, Request& request, const std::string& text) {
    auto url = parse::url(text);
    if (!url) {
        call.complain(url.error());
        return 1;
    }
    auto plain = request.plain;
    const auto first = url->authority();
    HttpClient client(call, request.settings);
    for (int hops = 0;; ++hops) {
        say(call, request, "--  " + url->text() + "\n");
        HttpBody body{.text = plain.body, .stream = {}, .size = plain.body.size()};
        const auto head = request_head(plain, *url, body, first == url->authority());
        const auto done = client.exchange(*url, head, body, plain.method == "HEAD");
        if (!done) {
            call.complain(done.error());
            return status_of(client);
        }
        const int code = client.head.status;
        std::string line("HTTP request sent, awaiting response... ");
        line.append(std::to_string(code)).append(" ").append(client.head.reason).append("\n");
        say(call, request, line);
        if (request.shows_head) show_head(call, client);
        const auto location = client.head.field("Location");
        if (code >= 300 && code < 400 && location) {
            const auto next = parse::join_url(*url, *location);
            if (!next) {
                call.complain(next.error());
                return protocol_failed;
            }
            if (hops >= request.redirects) {
                call.complain(std::to_string(request.redirects) + " redirections exceeded.");
                return server_refused;
            }
            redirected(plain, code);
            url = *next;
            continue;
        }
        if (code >= 400) {
            if (!request.spider || !request.quiet) {
                std::string problem("server returned error ");
                call.complain(
                    problem.append(std::to_string(code)).append(" ").append(client.head.reason));
            }
            return server_refused;
        }
        if (request.spider) {
            say(call, request, "Remote file exists.\n");
            return 0;
        }
        return save(call, request, client, *url);
    }
}

Result<> read_timeouts(const Options& given, HttpSettings& settings) {
    for (const auto& one : given.all()) {
        const auto name = one.option.name;
        if (!name.ends_with("timeout")) continue;
        const auto seconds = duration(one.value);
        if (!seconds) return refused("timeout", "'" + one.value + "' is none");
        if (*seconds <= 0) continue;
        const auto length = static_cast<std::int64_t>(std::fmin(*seconds, 1e9) * second);
        if (name != "read-timeout") settings.connecting = length;
        if (name != "connect-timeout") settings.silence = length;
    }
    return {};
}

Result<Request> read_request(Invocation& call) {
    const auto& given = call.options;
    Request request;
    auto& plain = request.plain;
    TRY(read_timeouts(given, request.settings));
    if (given.has('4') != given.has('6')) {
        request.settings.family = given.has('4') ? AF_INET : AF_INET6;
    }
    request.settings.tls.verify = !given.has("no-check-certificate");
    if (const auto file = given.value("ca-certificate")) {
        request.settings.roots_file = call.path(*file);
    }
    request.quiet = given.has('q') || given.has("no-verbose") || given.value('n') == "v";
    request.shows_head = given.has('S');
    request.spider = given.has("spider");
    plain.agent = given.value('U').value_or("limpet/" + std::string(version));
    plain.type = "application/x-www-form-urlencoded";
    if (request.spider) plain.method = "HEAD";
    for (const auto& one : given.all()) {
        const auto name = one.option.name;
        if (name == "header") TRY(add_headers(call, plain, one.value));
        if (name == "post-data" || name == "body-data") {
            TRY(add_data(call, plain, "data-raw", one.value));
        } else if (name == "post-file" || name == "body-file") {
            TRY(add_data(call, plain, "data-binary", "@" + one.value));
        }
    }
    if (plain.has_body) plain.method = "POST";
    if (const auto method = given.value("method")) plain.method = *method;
    const auto name = given.value("user");
    if (name) {
        plain.user = *name;
        plain.user.append(":").append(given.value("password").value_or(""));
    }
    if (const auto most = given.value("max-redirect")) {
        const auto count = parse::number<int>(*most);
        if (!count || *count < 0) return refused("--max-redirect", "a number is needed");
        request.redirects = *count;
    }
    const auto tries = parse::number<int>(given.value('t').value_or("1"));
    if (!tries || *tries < 0) return refused("--tries", "a number is needed");
    request.tries = *tries;
    return request;
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("a URL is needed");
    auto request = read_request(call);
    if (!request) return call.misused(text(request.error()));
    int status = 0;
    for (const auto& url : call.operands) {
        int one = fetch(call, *request, url);
        // Only what may pass is tried again.
        for (int i = 1; i < request->tries && one == network_failed; ++i) {
            one = fetch(call, *request, url);
        }
        if (one != 0) status = one;
    }
    return status;
}

constexpr Option options[]{
    {'4', "inet4-only", "", "only IPv4"},
    {'6', "inet6-only", "", "only IPv6"},
    {0, "body-data", "DATA", "send this"},
    {0, "body-file", "FILE", "send this"},
    {0, "ca-certificate", "FILE", "trust these certificates, not the target's"},
    {0, "connect-timeout", "SECONDS", "for connecting (120)"},
    {0, "header", "LINE", "a field of the request"},
    {0, "max-redirect", "N", "follow at most so many (20)"},
    {0, "method", "METHOD", "instead of GET, POST or HEAD"},
    {0, "no-check-certificate", "", "take any certificate"},
    {0, "no-verbose", "", "as -q"},
    {'n', "", "WHAT", "v: as -q; c, d, H and p are accepted"},
    {'O', "output-document", "FILE", "write there; - is standard output"},
    {'P', "directory-prefix", "FOLDER", "write into it"},
    {0, "password", "TEXT", "with --user"},
    {0, "post-data", "DATA", "POST this"},
    {0, "post-file", "FILE", "POST this"},
    {'q', "quiet", "", "say nothing but what failed"},
    {0, "read-timeout", "SECONDS", "of silence (300)"},
    {'S', "server-response", "", "show the head of the answer"},
    {0, "spider", "", "see whether it is there"},
    {'T', "timeout", "SECONDS", "for connecting, and of silence"},
    {'t', "tries", "N", "when the network fails (1)"},
    {'U', "user-agent", "NAME", "the User-Agent field"},
    {0, "user", "NAME", "basic authentication"},
};

constexpr Command wget{
    .name = "wget",
    .usage = "[OPTION...] URL...",
    .summary = "fetch what a URL leads to, from where the target is",
    .theme = "network",
    .promise = Promise::network | Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Writes to the last part of the URL, which needs --allow modify or --scratch; -O- does "
        "not.\n"
        "Redirections are followed. Exit status: 3 file, 4 network, 5 TLS, 7 protocol, 8 the "
        "server\n"
        "said no.\n"
        "\nExamples:\n  wget -qO- http://web:8080/metrics\n  wget -S --spider https://api/\n",
    .writes = true,
};
const Register registered{wget};

}  // namespace
}  // namespace limpet::commands
