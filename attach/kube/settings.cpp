// settings.cpp - what the command line says about debugging in a cluster.
#include "attach/kube/settings.h"

#include "attach/report.h"
#include "attach/sanitiser.h"
#include "limpet/fd.h"
#include "limpet/limits.h"
#include "limpet/version.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace limpet::attach::kube {
namespace {

// The image that deploy/image makes, of our own version: both programs must speak one protocol.
std::string default_image() {
    const char* choice = ::getenv("LIMPET_IMAGE");
    return choice && *choice ? choice : "limpet:" + std::string(version);
}

Result<std::string> file_text(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return failed("open", path);
    std::string text;
    char block[65536];
    for (;;) {
        const auto count = ::read(file.get(), block, sizeof block);
        if (count < 0) return failed("read", path);
        if (count == 0) return text;
        text.append(block, static_cast<std::size_t>(count));
        if (text.size() > limits::small_file) return refused("read " + path, "more than 1 MiB");
    }
}

Result<int> seconds_of(std::string_view text) {
    int seconds = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (problem != std::errc{} || end != text.data() + text.size() || seconds < 1) {
        return refused("--start-timeout", "it needs a positive number of seconds");
    }
    return seconds;
}

}  // namespace

Result<Settings> settings_of(const Arguments& arguments) {
    Settings settings;
    const auto text = [&](std::string_view name) {
        return std::string(arguments.value(name).value_or(""));
    };
    settings.container = text("container");
    if (const auto name = arguments.value("profile")) settings.profile = TRY(profile_of(*name));
    settings.image = arguments.has("image") ? text("image") : default_image();
    settings.pull_policy = text("image-pull-policy");
    for (const std::string_view known : {"", "Always", "IfNotPresent", "Never"}) {
        if (settings.pull_policy == known) break;
        if (known == "Never") {
            return refused("--image-pull-policy", "it is Always, IfNotPresent or Never");
        }
    }
    if (const auto path = arguments.value("custom")) {
        settings.custom = TRY(file_text(std::string(*path)));
    }
    settings.copy_to = text("copy-to");
    settings.keep = arguments.has("keep");
    if (const auto limit = arguments.value("start-timeout")) {
        settings.patience = TRY(seconds_of(*limit));
    }
    settings.quiet = arguments.has("quiet");
    return settings;
}

void note(const Settings& settings, std::string_view about, std::string_view text) {
    if (settings.quiet) return;
    (void)print(2, one_line("limpet: " + std::string(about) + ": " + std::string(text)) + '\n');
}

}  // namespace limpet::attach::kube
