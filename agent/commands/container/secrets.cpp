// secrets.cpp - where credentials lie in a target: names and places, never a value.
#include "commands/container/probe.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/mountinfo.h"
#include "parse/passwd.h"
#include "parse/secret.h"

#include <sys/stat.h>

#include <algorithm>

namespace limpet::commands {
namespace {

// Below any user's home directory.
constexpr const char* in_homes[]{
    ".aws/credentials",
    ".docker/config.json",
    ".dockercfg",
    ".kube/config",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".vault-token",
    ".s3cfg",
    ".boto",
    ".config/gh/hosts.yml",
    ".config/gcloud/application_default_credentials.json",
    ".config/gcloud/credentials.db",
    ".azure/accessTokens.json",
    ".azure/msal_token_cache.json",
    ".terraform.d/credentials.tfrc.json",
    ".cargo/credentials.toml",
    ".m2/settings.xml",
    ".composer/auth.json",
    ".gem/credentials",
    ".ssh/id_rsa",
    ".ssh/id_ed25519",
    ".ssh/id_ecdsa",
    ".ssh/id_dsa",
};
// Below the directory that the main process works in, and /app.
constexpr const char* in_applications[]{
    ".env",
    ".env.local",
    ".env.production",
    "config/master.key",
    "config/credentials.yml.enc",
    "credentials.json",
    "service-account.json",
    "serviceAccount.json",
    "secrets.yml",
    "secrets.yaml",
    "config/secrets.yml",
    ".htpasswd",
    "wp-config.php",
};
constexpr const char* anywhere[]{
    "/etc/shadow",
    "/etc/krb5.keytab",
    "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/kubelet.conf",
    "/var/lib/kubelet/kubeconfig",
    "/etc/boto.cfg",
    "/.env",
    "/run/containers/0/auth.json",
    "/kaniko/.docker/config.json",
};
// Everything in them is one. /var/run is /run, as a rule.
constexpr const char* folders[]{
    "/run/secrets",
    "/var/run/secrets",
    "/var/run/secrets/kubernetes.io/serviceaccount",
    "/var/run/secrets/eks.amazonaws.com/serviceaccount",
    "/var/run/secrets/azure/tokens",
    "/var/run/secrets/tokens",
    "/vault/secrets",
    "/mnt/secrets-store",
    "/etc/ssl/private",
    "/etc/kubernetes/pki",
};

class Search {
public:
    explicit Search(Invocation& call)
        : call_(call), table_(call, {{"kind"}, {"place"}, {"name"}, {"detail"}}) {}

    void row(std::string_view kind, std::string place, std::string name, std::string detail) {
        table_.row({std::string(kind), std::move(place), std::move(name), std::move(detail)});
    }
    void finish() { table_.finish(); }

    // `asked`: by name, so that what cannot be read is worth a word.
    void process(const Process& process, bool asked) {
        const auto place = "process " + std::to_string(process.pid);
        const auto environment = process.at.read("environ", limits::small_file);
        if (!environment && asked) call_.complain(environment.error());
        for (const auto& variable : split_words(environment ? *environment : std::string())) {
            std::string_view value = variable;
            const auto name = parse::take(value, '=');
            told("environment", place, name, value);
        }
        // --password=x, --token x: whoever may list processes reads it.
        const auto words = split_words(read_small(process, "cmdline").value_or(""));
        for (std::size_t i = 1; i < words.size(); ++i) {
            std::string_view value = words[i];
            const bool option = value.starts_with('-');
            const bool whole = value.find('=') == value.npos;
            const auto name = whole ? value : parse::take(value, '=');
            if (whole && option && i + 1 < words.size() && parse::names_secret(name) &&
                !words[i + 1].starts_with('-')) {
                told("argument", place, name, words[i + 1]);
            } else {
                told("argument", place, whole && !option ? "" : name, whole ? words[i] : value);
            }
        }
    }

    void file(const std::string& path, std::string_view kind = "file") {
        const auto status = target::stat(call_.target, path, target::Follow::yes);
        if (!status || !S_ISREG(status->stx_mode)) return;
        // The same file by another way: /run and /var/run.
        for (const auto& [device, inode] : seen_) {
            if (device == status->stx_dev_minor && inode == status->stx_ino) return;
        }
        seen_.push_back({status->stx_dev_minor, status->stx_ino});
        char mode[16];
        std::snprintf(mode, sizeof mode, "mode %04o", status->stx_mode & 07777U);
        std::string detail = human_size(status->stx_size) + " bytes, ";
        detail += mode;
        detail += ", uid " + std::to_string(status->stx_uid);
        if (status->stx_mode & S_IROTH) detail += ", everybody may read it";
        row(kind, path, path.substr(path.rfind('/') + 1), std::move(detail));
    }

    void folder(const std::string& path) {
        const auto opened = target::open_directory(call_.target, path);
        if (!opened) return;
        constexpr std::size_t most = 256;
        std::vector<std::string> names;
        const auto listed = opened->open_directory(".");
        if (!listed) return;
        target::Listing listing(listed->fd, path);
        while (names.size() < most) {
            const auto entry = listing.next();
            if (!entry || !*entry) break;
            // The kubelet's own: ..data, ..2024_05_01…
            if (!(*entry)->name.starts_with("..")) names.emplace_back((*entry)->name);
        }
        std::ranges::sort(names);
        const bool account = path.find("serviceaccount") != path.npos;
        for (const auto& name : names) {
            // What everybody may know.
            if (name == "namespace" || name == "ca.crt" || name.ends_with(".pub")) continue;
            std::string whole = path;
            whole += '/';
            whole += name;
            file(whole, account ? "service account" : "file");
        }
        if (names.size() == most) row("folder", path, "", "more than 256 files");
    }

    void files(const Process* main) {
        for (const auto* path : folders) folder(path);
        for (const auto* path : anywhere) file(path);
        std::vector<std::string> homes{"/root"};
        if (const auto text = target::read(call_.target, "/etc/passwd", limits::small_file)) {
            constexpr std::size_t most = 1000;
            for (auto& account : parse::passwd(*text)) {
                if (homes.size() < most && account.home.size() > 1 &&
                    std::ranges::find(homes, account.home) == homes.end()) {
                    homes.push_back(std::move(account.home));
                }
            }
        }
        for (const auto& home : homes) below(home, in_homes);
        below("/app", in_applications);
        if (!main) return;
        const auto directory = main->at.readlink("cwd").value_or("/app");
        if (directory != "/app") below(directory, in_applications);
        mounts(*main);
    }

private:
    void told(std::string_view kind, const std::string& place, std::string_view name,
              std::string_view value) {
        if (value.empty()) return;
        const bool file = name.ends_with("_FILE") || name.ends_with("_PATH");
        const auto form = parse::secret_form(value);
        if (form.empty() && !parse::names_secret(name)) return;
        std::string detail;
        if (file && value.starts_with('/')) {
            detail = "names the file ";
            detail += value;
        } else {
            detail = form;
            if (!form.empty()) detail += ", ";
            detail += std::to_string(value.size()) + " characters";
        }
        row(kind, place, std::string(name), std::move(detail));
    }

    void below(std::string_view folder, std::span<const char* const> names) {
        if (!folder.starts_with('/')) return;
        for (const auto* name : names) file(target::join_path(folder, name));
    }

    // The kubelet mounts secrets and projected tokens as read-only tmpfs, wherever the pod asks.
    void mounts(const Process& main) {
        const auto text = main.at.read("mountinfo", limits::large_procfs_file);
        if (!text) return;
        for (const auto& mount : parse::mountinfo(*text)) {
            const std::string_view point = mount.point;
            const bool secret = point.find("secret") != point.npos;
            const bool ours = mount.type == "tmpfs" && mount.options.starts_with("ro");
            const bool system = point.starts_with("/proc") || point.starts_with("/sys") ||
                                point.starts_with("/dev");
            if (system || (!secret && !ours)) continue;
            std::string detail = mount.type;
            detail += mount.options.starts_with("ro") ? ", read-only" : ", writable";
            row("mount", mount.point, mount.point.substr(mount.point.rfind('/') + 1),
                std::move(detail));
            const auto status = target::stat(call_.target, mount.point, target::Follow::yes);
            if (status && S_ISDIR(status->stx_mode)) {
                folder(mount.point);
            } else {
                file(mount.point);
            }
        }
    }

    struct Seen {
        std::uint32_t device;
        std::uint64_t inode;
    };
    Invocation& call_;
    Table table_;
    std::vector<Seen> seen_;
};

int run(Invocation& call) {
    Search search(call);
    const bool all = call.options.has('a');
    if (all && !call.operands.empty()) return call.misused("-a names no process");
    if (all) {
        const auto seen =
            each_process(call.target, [&](Process& process) { search.process(process, false); });
        if (!seen) call.complain(seen.error());
    } else {
        for (const auto& process : operand_processes(call)) search.process(process, true);
    }
    if (any(call.target.grants & Grant::files)) {
        const auto main = open_process(call.target, call.target.inner_pid);
        search.files(main ? &*main : nullptr);
    }
    if (call.options.has("probe")) {
        for (const auto& service : metadata_services) {
            auto probed = probe(service);
            search.row("metadata", std::string(service.address),
                       probed.reachable ? "reachable" : "not reachable",
                       std::string(service.whose) + ": " + probed.answer);
        }
    }
    search.finish();
    return call.status;
}

// The network is joined by who asks for it only.
Command::Asks asks(std::span<const std::string> arguments) {
    Command::Asks answer;
    for (const std::string_view word : arguments) {
        // A unique prefix is enough for an option.
        constexpr std::string_view whole = "--probe";
        if (word.size() > 2 && whole.starts_with(word)) answer.more = Grant::network;
    }
    return answer;
}

constexpr Option options[]{
    {'a', "all", "", "environment and arguments of every process"},
    {0, "probe", "", "ask the clouds' metadata services whether they answer (three requests)"},
    json_option,
};

constexpr Command secrets{
    .name = "secrets",
    .usage = "[-a] [--probe] [-o json] [PID...]",
    .summary = "show where credentials lie, without their values",
    .theme = "container",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "In the environment and the arguments of the main process (or PID...), by name or by form; "
        "and,\nwhen the session may read files, in well-known places: service accounts, "
        "/run/secrets, homes,\nthe application's directory, read-only tmpfs mounts. No file's "
        "bytes "
        "are read. With --probe, which\nneeds the network, whether a metadata service would hand "
        "out "
        "the node's credentials: a 200 does,\na 401 wants a token first.\n"
        "JSON fields: kind (environment, argument, service account, file, folder, mount, "
        "metadata), place\n(process PID, path, address), name, detail (form and length; size, mode "
        "and owner; the answer).\n"
        "\nExamples:\n  secrets\n  secrets --probe\n",
    .asks = asks,
};
const Register registered{secrets};

}  // namespace
}  // namespace limpet::commands
