// strata completion, strata man: what the command line itself says, for shells and for `man`.
#include <CLI/CLI.hpp>

#include <memory>
#include <strata/strata.hpp>

#include "command.h"
#include "json_out.h"

namespace strata_cli {
namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* verb) { return !verb->get_group().empty(); });
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::vector<std::string> flags_of(const CLI::App& verb) {
  std::vector<std::string> out;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
    for (const std::string& name : option->get_snames()) out.push_back("-" + name);
  }
  return out;
}

// Shared by bash and zsh, which has a way to run it. The first word after the verb is a file or folder; names of datasets and arrays
// come from the command.
std::string bash_script(const CLI::App& app) {
  std::vector<std::string> verbs;
  std::string cases;
  for (const CLI::App* verb : verbs_of(app)) {
    verbs.push_back(verb->get_name());
    cases += "      " + verb->get_name() + ") flags=\"" + joined(flags_of(*verb)) + "\" ;;\n";
  }
  return R"sh(_strata() {
  local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} flags= word name source i
  local -a places=()
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ")sh" + joined(verbs) + R"sh(" -- "$cur"))
    return
  fi
  if [ "${cur#-}" != "$cur" ]; then
    case $verb in
)sh" + cases + R"sh(    esac
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
    return
  fi
  for ((i = 2; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [ "${word#-}" != "$word" ] || places+=("$word")
  done
  case $verb:${#places[@]} in
    show:1 | stats:1 | get:1 | put:1 | plot:1 | rm:* | set-attr:1 | export:*) source=--names ;;
    get:2 | put:2 | plot:2 | stack:1) source=--arrays ;;
    *) source= ;;
  esac
  if [ -n "$source" ] && [ "${#places[@]}" -gt 0 ]; then
    while IFS= read -r name; do
      if [[ $name == "$cur"* ]]; then COMPREPLY+=("$(printf %q "$name")"); fi
    done < <(strata ls "${places[0]}" "$source" 2>/dev/null)
    return
  fi
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _strata strata
)sh";
}

std::string in_single_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
  return out + "'";
}

std::string fish_script(const CLI::App& app) {
  std::string out;
  for (const CLI::App* verb : verbs_of(app)) {
    out += "complete -c strata -n __fish_use_subcommand -f -a " + verb->get_name() + " -d " +
           in_single_quotes(verb->get_description()) + "\n";
    for (const CLI::Option* option : verb->get_options()) {
      if (option->get_lnames().empty()) continue;
      out += "complete -c strata -n '__fish_seen_subcommand_from " + verb->get_name() + "' -l " + option->get_lnames()[0];
      if (!option->get_snames().empty()) out += " -s " + option->get_snames()[0];
      if (option->get_expected_max() != 0) out += " -r";
      out += " -d " + in_single_quotes(option->get_description()) + "\n";
    }
  }
  return out;
}

// Text for troff: no line begins with its control characters, and a hyphen stays one.
std::string troff(const std::string& text) {
  std::string out;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
    at_start = c == '\n';
  }
  return out;
}

std::string usage_of(const CLI::App& verb) {
  std::string out = "strata " + verb.get_name();
  bool options = false;
  for (const CLI::Option* option : verb.get_options()) {
    if (option->get_positional()) {
      const std::string name = option->get_name(true) + (option->get_expected_max() > 1 ? " ..." : "");
      out += option->get_required() ? " " + name : " [" + name + "]";
    } else {
      options = true;
    }
  }
  return out + (options ? " [OPTIONS]" : "");
}

std::string manual(const CLI::App& app) {
  std::string out = ".TH STRATA 1 \"\" \"strata " + std::string(strata_version()) + "\" \"User Commands\"\n";
  out += ".SH NAME\nstrata \\- a store for n\\-dimensional arrays\n.SH SYNOPSIS\n.B strata\n.I VERB\n[ARGUMENTS] [OPTIONS]\n";
  out += ".SH DESCRIPTION\nKeeps n\\-dimensional arrays: an array file (.af) holds many named arrays, a store is a folder of datasets, named groups "
         "of arrays with attributes, as a NetCDF file holds. A TARGET is a store or an array file, by path or URL.\n.SH VERBS\n";
  for (const CLI::App* verb : verbs_of(app)) {
    out += ".SS " + troff(usage_of(*verb)) + "\n" + troff(verb->get_description()) + ".\n";
    for (const CLI::Option* option : verb->get_options()) {
      std::string name = option->get_positional() ? option->get_name(true) : option->get_name(false, true);
      for (std::size_t comma = name.find(','); comma != name.npos; comma = name.find(',', comma + 2)) name.insert(comma + 1, " ");
      if (!option->get_positional() && option->get_expected_max() != 0) name += " " + option->get_type_name();
      out += ".TP\n.B " + troff(name) + "\n" + troff(option->get_description()) + "\n";
    }
    if (!verb->get_footer().empty()) out += ".PP\n.nf\n" + troff(verb->get_footer()) + "\n.fi\n";
  }
  out += ".SH EXIT STATUS\n.TP\n.B 0\nIt worked.\n.TP\n.B 1\nIt failed; a line on stderr says why.\n.TP\n.B 2\nThe command line cannot be meant.\n"
         ".TP\n.B 3\nIt worked, and damage was found.\n"
         ".TP\n.B 130, 143\nIt was interrupted, by Ctrl\\-C or SIGTERM; a line on stderr says what is the case now. A second Ctrl\\-C ends it at once.\n";
  out += ".SH ENVIRONMENT\n.TP\n.B STRATA_LOG\nWhat is said of the work inside, on stderr: off, error, warn, info or debug, or levels of storage, cache, file "
         "and store, as in info,storage=debug.\n.TP\n.B NO_COLOR\nNo colours, also in a terminal.\n.TP\n.B COLUMNS, LINES\nThe size of pictures and tables, where there is "
         "no terminal to ask.\n.TP\n.B LC_ALL, LC_CTYPE, LANG\nWhether block and braille characters are used: in a UTF\\-8 locale.\n";
  return out;
}

}  // namespace

void add_completion(Command command) {
  auto shell = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);  // of both
  CLI::App* verb = command.app.add_subcommand("completion", "Print a script that completes this command in a shell");
  verb->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->add_flag("--json", *as_json, "As one text, for programs");
  verb->footer(
      "An installed strata has them in place. Else, in the shell's start-up file:\n\n"
      "Examples:\n"
      "  source <(strata completion bash)\n"
      "  source <(strata completion zsh)\n"
      "  strata completion fish | source");
  const auto say = [as_json](const char* key, const std::string& text) {
    if (*as_json) JsonOut().object().key(key).text(text).end_object().print();
    else print(text);
  };
  verb->callback([shell, say, &app = command.app, &run = command.run] {
    run = [shell, say, &app] {
      const char* const begin = *shell == "zsh" ? "#compdef strata\nautoload -U +X bashcompinit && bashcompinit\n" : "";
      say("script", *shell == "fish" ? fish_script(app) : begin + bash_script(app));
    };
  });

  CLI::App* page = command.app.add_subcommand("man", "Print the manual page");
  page->add_flag("--json", *as_json, "As one text, for programs");
  page->footer("Examples:\n  strata man | man -l -");
  page->callback([say, &app = command.app, &run = command.run] {
    run = [say, &app] { say("page", manual(app)); };
  });
}

}  // namespace strata_cli
