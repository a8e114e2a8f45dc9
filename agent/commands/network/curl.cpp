// curl.cpp - requests of HTTP; the options and exit statuses of curl(1).
#include "commands/network/curl.h"

#include "commands/create.h"

#include <algorithm>

namespace limpet::commands {
namespace {

// The status of curl(1) for how far it came.
int status_of(const HttpClient& client, const Error& error) {
    if (error.code == ETIMEDOUT) return curl_status::timeout;
    switch (client.fault) {
        case HttpFault::empty: return curl_status::empty;
        case HttpFault::not_http: return curl_status::protocol;
        case HttpFault::cut:
            return client.stage == HttpStage::body ? curl_status::partial : curl_status::receive;
        case HttpFault::large: return curl_status::too_large;
        case HttpFault::packing: return curl_status::coding;
        case HttpFault::none: break;
    }
    switch (client.stage) {
        case HttpStage::resolve: return curl_status::resolve;
        case HttpStage::connect: return curl_status::connect;
        case HttpStage::secure:
            return client.verdict ? curl_status::certificate : curl_status::secure;
        case HttpStage::send: return curl_status::send;
        case HttpStage::head: return error.code ? curl_status::receive : curl_status::weird;
        case HttpStage::body: return curl_status::receive;
    }
    return curl_status::receive;
}

std::string problem_of(const CurlRequest& request, const HttpClient& client, const parse::Url& url,
                       const Error& error, int status) {
    char text[512];
    const auto took = static_cast<long long>((now() - client.times.begin) / 1000);
    if (status == curl_status::resolve) {
        return "Could not resolve host: " + url.host + " (" + limpet::text(error) + ")";
    }
    if (status == curl_status::timeout && client.stage >= HttpStage::send) {
        std::snprintf(text, sizeof text,
                      "Operation timed out after %lld milliseconds with %llu bytes received", took,
                      static_cast<unsigned long long>(client.received));
        return text;
    }
    if (client.stage == HttpStage::connect) {
        const char* reason = error.code ? ::strerrordesc_np(error.code) : error.subject().c_str();
        const auto& socket = request.settings.unix_socket;
        std::snprintf(text, sizeof text, "Failed to connect to %.200s port %u after %lld ms: %s",
                      socket.empty() ? url.host.c_str() : socket.c_str(), url.port, took, reason);
        return text;
    }
    return error.code ? limpet::text(error) : error.subject();
}

// The name that -O takes.
std::string last_part(const parse::Url& url) {
    const auto path = url.path.substr(0, url.path.find('?'));
    return path.substr(path.rfind('/') + 1);
}

struct Sink {
    Output* out = nullptr;  // nullptr: nowhere
    Fd file;
    std::optional<Output> file_out;
};

// -o: opened when there is something to write, as curl does.
Result<> open_sink(Invocation& call, const std::string& name, Sink& sink) {
    if (sink.out || name == "/dev/null") return {};
    if (name.empty() || name == "-") {
        sink.out = &call.out;
        return {};
    }
    sink.file = TRY(create(call, name, Writing::truncate));
    sink.file_out.emplace(BorrowedFd(sink.file));
    sink.out = &*sink.file_out;
    return {};
}

// The body to where it belongs.
int receive_body(Invocation& call, const std::string& name, HttpClient& client, Transfer& transfer,
                 Sink& sink, Error& error) {
    for (;;) {
        const auto block = client.read();
        if (!block) {
            error = block.error();
            return status_of(client, error);
        }
        if (block->empty()) return 0;
        transfer.downloaded = client.received;
        if (const auto opened = open_sink(call, name, sink); !opened) {
            error = opened.error();
            return curl_status::write;
        }
        if (!sink.out) continue;
        sink.out->write(*block);
        if (!sink.out->flush()) {
            error = *sink.out->failure();
            return curl_status::write;
        }
    }
}

Result<> prepare_upload(Invocation& call, CurlRequest& request, HttpBody& body, parse::Url& url) {
    if (!request.uploads) return {};
    if (request.upload != "-" && url.path.ends_with('/')) {
        url.path.append(request.upload, request.upload.rfind('/') + 1);
    }
    body.stream.emplace(TRY(call.open(request.upload)));
    body.size.reset();
    struct stat status{};
    if (::fstat(body.stream->fd().get(), &status) == 0 && S_ISREG(status.st_mode)) {
        body.size = static_cast<std::uint64_t>(status.st_size);
    }
    return {};
}

// One hop after the other. The status of curl; `error` says why.
int perform(Invocation& call, CurlRequest& request, Transfer& transfer, HttpClient& client,
            Error& error) {
    auto plain = request.plain;
    const auto first = transfer.url.authority();
    Sink sink;
    for (;;) {
        HttpBody body{.text = plain.body, .stream = {}, .size = plain.body.size()};
        if (auto ready = prepare_upload(call, request, body, transfer.url); !ready) {
            error = ready.error();
            return curl_status::read;
        }
        transfer.method = plain.method;
        const auto head =
            request_head(plain, transfer.url, body, first == transfer.url.authority());
        ++transfer.connections;
        const auto done = client.exchange(transfer.url, head, body, plain.method == "HEAD");
        transfer.uploaded = client.sent;
        transfer.head_size += client.head_text.size();
        if (!done) {
            error = done.error();
            return status_of(client, error);
        }
        const int code = client.head.status;
        const bool fails = request.fails && code >= 400;
        if (request.shows_head && !(fails && !request.keeps_body_of_errors)) {
            if (const auto opened = open_sink(call, transfer.filename, sink); !opened) {
                error = opened.error();
                return curl_status::write;
            }
            if (sink.out) sink.out->write(client.head_text);
        }
        const auto location = client.head.field("Location");
        if (code >= 300 && code < 400 && location && !location->empty()) {
            const auto next = parse::join_url(transfer.url, *location);
            transfer.redirect_url = next ? next->text() : std::string(*location);
            if (request.follows) {
                if (!next) {
                    error = next.error();
                    return next.error().action() == "protocol" ? curl_status::protocol
                                                               : curl_status::url;
                }
                if (transfer.redirects >= request.most_redirects) {
                    error.subject() = "Maximum (" + std::to_string(request.most_redirects) +
                                      ") redirects followed";
                    return curl_status::redirects;
                }
                ++transfer.redirects;
                transfer.redirected += now() - client.times.begin;
                redirected(plain, code);
                if (request.uploads && plain.body.empty() && plain.method == "GET") {
                    request.uploads = false;
                }
                transfer.url = *next;
                transfer.redirect_url.clear();
                continue;
            }
        }
        if (fails && !request.keeps_body_of_errors) {
            error.subject() = "The requested URL returned error: " + std::to_string(code);
            return curl_status::http_error;
        }
        const int status = receive_body(call, transfer.filename, client, transfer, sink, error);
        if (status == 0 && !sink.out && !request.uploads) {
            // An empty answer is an empty file.
            if (const auto opened = open_sink(call, transfer.filename, sink); !opened) {
                error = opened.error();
                return curl_status::write;
            }
        }
        if (sink.out) sink.out->flush();
        if (status == 0 && fails) {
            error.subject() = "The requested URL returned error: " + std::to_string(code);
            return curl_status::http_error;
        }
        return status;
    }
}

int run_url(Invocation& call, CurlRequest& request, const std::string& text,
            const std::string& output, bool remote_name) {
    Transfer transfer;
    transfer.begin = now();
    transfer.asked = text;
    transfer.socket = request.settings.unix_socket;
    transfer.filename = output;
    request.settings.deadline =
        request.most_time == never ? never : transfer.begin + request.most_time;
    HttpClient client(call, request.settings);
    client.times.begin = transfer.begin;
    Error error;
    auto url = parse::url(text, request.as_is);
    if (url) {
        transfer.url = *std::move(url);
        if (!request.plain.query.empty()) {
            auto& path = transfer.url.path;
            path += path.find('?') == path.npos ? '?' : '&';
            path += request.plain.query;
        }
        if (remote_name) transfer.filename = last_part(transfer.url);
        if (remote_name && transfer.filename.empty()) {
            error.subject() = "Remote file name has no length!";
            transfer.status = curl_status::write;
        } else {
            transfer.status = perform(call, request, transfer, client, error);
        }
    } else {
        error = url.error();
        transfer.status = error.action() == "protocol" ? curl_status::protocol : curl_status::url;
        if (error.action() == "protocol") error.subject().insert(0, "only http and https, not ");
    }
    client.times.end = now();
    if (transfer.status != 0) {
        transfer.problem = problem_of(request, client, transfer.url, error, transfer.status);
        if (!request.silent || request.errors) {
            call.complain("(" + std::to_string(transfer.status) + ") " + transfer.problem);
        }
    }
    // As curl has it: nothing is said of what was no URL.
    if (request.format && transfer.status != curl_status::url)
        write_out(call, *request.format, transfer, client);
    call.out.flush();
    return transfer.status;
}

int run(Invocation& call) {
    auto request = curl_request(call);
    if (!request) {
        call.complain(request.error());
        return 2;
    }
    if (request->urls.empty()) return call.misused("no URL specified");
    int status = 0;
    for (std::size_t i = 0; i < request->urls.size(); ++i) {
        const auto output = i < request->outputs.size() ? request->outputs[i] : std::string();
        const bool remote = call.options.has('O') && output.empty();
        status = run_url(call, *request, request->urls[i], output, remote);
    }
    return status;
}

constexpr Option options[]{
    {'0', "http1.0", "", "speak HTTP/1.0"},
    {'4', "ipv4", "", "only IPv4"},
    {'6', "ipv6", "", "only IPv6"},
    {'A', "user-agent", "NAME", "the User-Agent field"},
    {'b', "cookie", "NAME=VALUE", "the Cookie field"},
    {0, "cacert", "FILE", "trust these certificates, not the target's"},
    {0, "compressed", "", "ask for gzip, and unpack it"},
    {0, "connect-timeout", "SECONDS", "for connecting (120)"},
    {'d', "data", "DATA", "POST this; @FILE, @- of a file or standard input"},
    {0, "data-ascii", "DATA", "the same"},
    {0, "data-binary", "DATA", "the same with its line breaks"},
    {0, "data-raw", "DATA", "the same, and @ means nothing"},
    {0, "data-urlencode", "DATA", "the same, encoded: CONTENT, NAME=CONTENT, NAME@FILE"},
    {'e', "referer", "URL", "the Referer field"},
    {'f', "fail", "", "exit with 22 for a status of 400 and more, without its body"},
    {0, "fail-with-body", "", "the same with its body"},
    {'G', "get", "", "put the data into the URL"},
    {'g', "globoff", "", "no patterns in URLs: always so"},
    {'H', "header", "LINE", "a field; \"Name:\" leaves one out; @FILE"},
    {'I', "head", "", "only the head of the answer"},
    {'i', "include", "", "the head before the body"},
    {0, "json", "DATA", "POST this as JSON"},
    {'k', "insecure", "", "take any certificate"},
    {'L', "location", "", "go where a redirection leads"},
    {'m', "max-time", "SECONDS", "for all of it"},
    {0, "max-filesize", "BYTES", "a longer body is an error (63)"},
    {0, "max-redirs", "N", "follow at most so many (50)"},
    {'N', "no-buffer", "", "write at once: always so"},
    {0, "oauth2-bearer", "TOKEN", "the Authorization field"},
    {'O', "remote-name", "", "write to the name at the end of the URL"},
    {'o', "output", "FILE", "write there"},
    {0, "path-as-is", "", "leave /../ in the path"},
    {'q', "disable", "", "read no configuration: always so"},
    {'r', "range", "RANGE", "these bytes: 0-99"},
    {0, "resolve", "HOST:PORT:ADDRESS", "that name is there"},
    {'S', "show-error", "", "say what failed, even with -s"},
    {'s', "silent", "", "do not say what failed; there is no progress meter anyway"},
    {'T', "upload-file", "FILE", "PUT this; - is standard input"},
    {'u', "user", "NAME:PASSWORD", "basic authentication"},
    {0, "unix-socket", "PATH", "through that socket of the target"},
    {0, "abstract-unix-socket", "NAME", "through that socket"},
    {0, "url", "URL", "another one"},
    {'v', "verbose", "", "show the conversation"},
    {'w', "write-out", "FORMAT", "then tell: %{http_code} %{time_total} …, %{json} for all"},
    {'X', "request", "METHOD", "instead of GET, POST, PUT or HEAD"},
    {'#', "progress-bar", "", "there is none"},
    {0, "no-progress-meter", "", "there is none"},
    {0, "http1.1", "", "speak HTTP/1.1: as without"},
};

// A socket that only its owner may use is reached with the owner's rights, as a file is written.
constexpr const char* writes_with = "output remote-name unix-socket";

constexpr Command curl{
    .name = "curl",
    .usage = "[OPTION...] URL...",
    .summary = "send requests of HTTP from where the target is",
    .theme = "network",
    .promise = Promise::network | Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Names are looked up as the target would. -o and -O write in the target: that needs "
        "--allow\n"
        "modify or --scratch; -o /dev/null does not. A socket that is not open to everybody needs\n"
        "--allow modify. No proxy is asked, and no HTTP/2 spoken.\n"
        "-w: http_code, http_version, method, url_effective, redirect_url, content_type, "
        "remote_ip,\n"
        "remote_port, local_ip, local_port, scheme, ssl_verify_result, num_redirects, "
        "num_headers,\n"
        "size_download, size_upload, size_header, size_request, speed_download, time_namelookup,\n"
        "time_connect, time_appconnect, time_pretransfer, time_starttransfer, time_redirect,\n"
        "time_total, exitcode, errormsg; %header{NAME}; %{json}, an object with all of them.\n"
        "Exit statuses are curl's: 6 name, 7 connect, 18 cut short, 22 -f, 23 write, 28 time,\n"
        "35 handshake, 47 redirections, 52 no answer, 56 receive, 60 certificate, 63 too large.\n"
        "Limits: a head of 300 KiB, 300 s of silence, 1 GiB of what --compressed unpacks.\n"
        "\nExamples:\n  curl -sS -o /dev/null -w '%{http_code} %{time_total}\\n' "
        "http://web:8080/health\n"
        "  curl --unix-socket /run/app.sock -d @- http://app/reload <<<x\n",
    .writes = true,
    .writes_with = writes_with,
};
const Register registered{curl};

}  // namespace
}  // namespace limpet::commands
