#include "completion.h"

#include <string.h>

#include "base/buf.h"
#include "cmd.h"

/*
 * The script has three parts: what never changes, functions that answer from
 * the tables (which options a command has, what an option's value is, what an
 * argument is), and the function that reads the line.
 */

/* clang-format off */
static const char front[] =
	"# Completion of git vault in bash, made by `git vault completion bash`:\n"
	"#\teval \"$(git vault completion bash)\"\n"
	"# It serves `git-vault` by itself and `git vault` through git's completion.\n"
	"\n"
	"# The words of the line up to the cursor, for when git's completion has not\n"
	"# split it: bash itself would also cut at '=' and ':'.\n"
	"__git_vault_split ()\n"
	"{\n"
	"  local line=${COMP_LINE:0:COMP_POINT}\n"
	"  read -ra words <<<\"$line\"\n"
	"  case $line in\n"
	"  *[[:blank:]]) words+=(\"\") ;;\n"
	"  esac\n"
	"  cword=$((${#words[@]} - 1))\n"
	"  cur=${words[cword]}\n"
	"}\n"
	"\n"
	"# git, in the directory that the line's -C options say.\n"
	"__git_vault_git ()\n"
	"{\n"
	"  local i dirs=()\n"
	"  for ((i = 1; i < first; i++)); do\n"
	"    if [[ ${words[i]} == -C && -n ${words[i + 1]} ]]; then\n"
	"      dirs+=(-C \"${words[i + 1]/#\\~/$HOME}\")\n"
	"    fi\n"
	"  done\n"
	"  git \"${dirs[@]}\" \"$@\" 2>/dev/null\n"
	"}\n"
	"\n"
	"# Offer those of the lines in $1 that begin with what is typed ($2), less\n"
	"# what stands before the last '=' or ':': bash leaves that where it is.\n"
	"__git_vault_offer ()\n"
	"{\n"
	"  local line typed=$2 keep=''\n"
	"  case $typed in\n"
	"  *[=:]*)\n"
	"    if [[ $COMP_WORDBREAKS == *:* ]]; then\n"
	"      keep=${typed%\"${typed##*[=:]}\"}\n"
	"    elif [[ $typed == *=* ]]; then\n"
	"      keep=${typed%\"${typed##*=}\"}\n"
	"    fi\n"
	"    ;;\n"
	"  esac\n"
	"  COMPREPLY=()\n"
	"  while IFS= read -r line; do\n"
	"    if [[ -n $line && $line == \"$typed\"* ]]; then\n"
	"      COMPREPLY+=(\"${line#\"$keep\"}\")\n"
	"    fi\n"
	"  done <<<\"$1\"\n"
	"  if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then\n"
	"    compopt -o nospace 2>/dev/null\n"
	"  fi\n"
	"}\n"
	"\n"
	"# The tags that came later: each is a line of a file, and one word.\n"
	"__git_vault_tags ()\n"
	"{\n"
	"  __git_vault_git ls-tree -r --full-tree refs/vault/marks |\n"
	"    sed -n 's,^[0-9]* blob \\([0-9a-f]*\\).tags/.*,\\1,p' |\n"
	"    __git_vault_git cat-file --batch | sed '/ /d'\n"
	"}\n"
	"\n"
	"__git_vault_snapshots ()\n"
	"{\n"
	"  echo latest\n"
	"  case $1 in\n"
	"  t*)\n"
	"    {\n"
	"      __git_vault_git for-each-ref refs/vault/snapshots \\\n"
	"        --format='%(contents:trailers:key=Vault-Tag,valueonly)'\n"
	"      __git_vault_tags\n"
	"    } | sed -n 's/^\\(..*\\)$/tag:\\1/p' | sort -u\n"
	"    ;;\n"
	"  g*)\n"
	"    __git_vault_git for-each-ref refs/vault/good \\\n"
	"      --format='good:%(refname:lstrip=3)' | sed 's,/.*,,' | sort -u\n"
	"    ;;\n"
	"  esac\n"
	"  __git_vault_git for-each-ref --sort=-refname \\\n"
	"    --format='%(refname:lstrip=3)' refs/vault/snapshots\n"
	"}\n"
	"\n"
	"# Offer what is of the kind $1 and begins with $2; $3 (--NAME=) stands\n"
	"# before it in the same word.\n"
	"__git_vault_kind ()\n"
	"{\n"
	"  local list line kind=$1 typed=$2 lead=$3\n"
	"  case $kind in\n"
	"  snapshot) list=$(__git_vault_snapshots \"$typed\") ;;\n"
	"  ref) list=$(__git_vault_git for-each-ref --format='%(refname:short)' \\\n"
	"    refs/heads refs/tags refs/remotes) ;;\n"
	"  remote) list=$(__git_vault_git remote) ;;\n"
	"  deleted) list=$(__git_vault_git vault list --deleted --id-only) ;;\n"
	"  command) list=$__git_vault_commands ;;\n"
	"  shell) list=$'bash\\nzsh' ;;\n"
	"  words:*) list=${kind#words:}; list=${list//,/$'\\n'} ;;\n"
	"  path | dir)\n"
	"    compopt -o filenames 2>/dev/null\n"
	"    if [[ $kind == dir ]]; then\n"
	"      list=$(compgen -d -- \"$typed\")\n"
	"    else\n"
	"      list=$(compgen -f -- \"$typed\")\n"
	"    fi\n"
	"    ;;\n"
	"  *) return ;;\n"
	"  esac\n"
	"  if [[ -n $lead ]]; then\n"
	"    local led=''\n"
	"    while IFS= read -r line; do\n"
	"      led+=$lead$line$'\\n'\n"
	"    done <<<\"$list\"\n"
	"    list=$led\n"
	"  fi\n"
	"  __git_vault_offer \"$list\" \"$lead$typed\"\n"
	"}\n"
	"\n";

static const char back[] =
	"\n"
	"_git_vault ()\n"
	"{\n"
	"  local first=1 i=1 command='' n=0\n"
	"  local before='' kind='' dashes=''\n"
	"  # git's completion has switched the blank behind a word off\n"
	"  compopt +o nospace 2>/dev/null\n"
	"  # `git [OPTION...] vault`: what counts stands behind that\n"
	"  if [[ ${words[0]##*/} == git ]]; then\n"
	"    while ((first < cword)) && [[ ${words[first]} != vault ]]; do\n"
	"      ((first++))\n"
	"    done\n"
	"    ((first++))\n"
	"  fi\n"
	"  for ((i = first; i < cword; i++)); do\n"
	"    if [[ -n $command ]]; then\n"
	"      break\n"
	"    elif [[ ${words[i]} == -C ]]; then\n"
	"      ((i++))\n"
	"    elif [[ ${words[i]} != -* ]]; then\n"
	"      command=${words[i]}\n"
	"    fi\n"
	"  done\n"
	"  if [[ -z $command ]]; then\n"
	"    first=$cword\n"
	"    case ${words[cword - 1]} in\n"
	"    -C) __git_vault_kind dir \"$cur\" ;;\n"
	"    *)\n"
	"      case $cur in\n"
	"      --*=*) __git_vault_kind \\\n"
	"        \"$(__git_vault_value \"\" \"${cur%%=*}=\")\" \\\n"
	"        \"${cur#*=}\" \"${cur%%=*}=\" ;;\n"
	"      -*) __git_vault_offer \"$(__git_vault_options \"\")\" \"$cur\" ;;\n"
	"      *) __git_vault_offer \"$__git_vault_commands\" \"$cur\" ;;\n"
	"      esac\n"
	"      ;;\n"
	"    esac\n"
	"    return\n"
	"  fi\n"
	"  first=$i\n"
	"  # which argument this is, and whether it is an option's value\n"
	"  for (( ; i < cword; i++)); do\n"
	"    before=${words[i]}\n"
	"    kind=\n"
	"    if [[ -n $dashes || $before != -* || $before == - ]]; then\n"
	"      ((n++))\n"
	"    elif [[ $before == -- ]]; then\n"
	"      dashes=t\n"
	"    elif [[ $before != *=* ]]; then\n"
	"      kind=$(__git_vault_value \"$command\" \"$before\")\n"
	"      if [[ -n $kind ]]; then\n"
	"        ((i++))\n"
	"      fi\n"
	"    fi\n"
	"  done\n"
	"  if ((i > cword)); then\n"
	"    __git_vault_kind \"$kind\" \"$cur\"\n"
	"  elif [[ -z $dashes && $cur == --*=* ]]; then\n"
	"    __git_vault_kind \\\n"
	"      \"$(__git_vault_value \"$command\" \"${cur%%=*}=\")\" \\\n"
	"      \"${cur#*=}\" \"${cur%%=*}=\"\n"
	"  elif [[ -z $dashes && $cur == -* ]]; then\n"
	"    __git_vault_offer \"$(__git_vault_options \"$command\")\" \"$cur\"\n"
	"  else\n"
	"    kind=$(__git_vault_argument \"$command\" \"$n\")\n"
	"    __git_vault_kind \"$kind\" \"$cur\"\n"
	"  fi\n"
	"}\n"
	"\n"
	"__git_vault_alone ()\n"
	"{\n"
	"  local words cword cur\n"
	"  __git_vault_split\n"
	"  _git_vault\n"
	"}\n"
	"\n"
	"complete -o bashdefault -F __git_vault_alone git-vault\n";
/* clang-format on */

/* What a value is, in the words of __git_vault_kind. */
static void
add_kind(struct gv_buf *out, enum gv_opt_kind kind, const char *const *choices)
{
	static const char *const kinds[] = {
		[GV_OPT_ANY] = "any",
		[GV_OPT_SNAPSHOT] = "snapshot",
		[GV_OPT_PATH] = "path",
		[GV_OPT_DIR] = "dir",
		[GV_OPT_COMMAND] = "command",
		[GV_OPT_SHELL] = "shell",
		[GV_OPT_REF] = "ref",
		[GV_OPT_REMOTE] = "remote",
		[GV_OPT_DELETED] = "deleted",
	};
	size_t i;

	if (choices == NULL) {
		gv_buf_addstr(out, kinds[kind]);
		return;
	}
	gv_buf_addstr(out, "words:");
	for (i = 0; choices[i]; i++)
		gv_buf_addf(out, "%s%s", i ? "," : "", choices[i]);
}

/* The names of all options of a table, those with a value as "--tag". */
static void
add_names(struct gv_buf *out, const struct gv_opt *o)
{
	for (; o && o->type != GV_OPT_END; o++) {
		if (o->letter)
			gv_buf_addf(out, " -%c", o->letter);
		if (o->name)
			gv_buf_addf(out, " --%s%s", o->name,
			    gv_opt_has_value(o) && o->implied ? "=" : "");
		if (o->name && o->type == GV_OPT_TRI)
			gv_buf_addf(out, " --no-%s", o->name);
	}
}

/* A line of __git_vault_value for each option that takes a value. */
static void
add_values(struct gv_buf *out, const char *command, const struct gv_opt *o)
{
	for (; o && o->type != GV_OPT_END; o++) {
		const char *bar = "";

		if (!gv_opt_has_value(o))
			continue;
		gv_buf_addstr(out, "  ");
		if (o->letter) {
			gv_buf_addf(out, "%s:-%c", command, o->letter);
			bar = " | ";
		}
		if (o->name && !o->implied) {
			gv_buf_addf(out, "%s%s:--%s", bar, command, o->name);
			bar = " | ";
		}
		if (o->name)
			gv_buf_addf(out, "%s%s:--%s=", bar, command, o->name);
		gv_buf_addstr(out, ") echo ");
		add_kind(
		    out, o->kind, o->type == GV_OPT_CHOICE ? o->choices : NULL);
		gv_buf_addstr(out, " ;;\n");
	}
}

static void
add_verbs(struct gv_buf *out, const struct gv_cmd *cmd)
{
	const char *verb;
	size_t i, len;

	gv_buf_addstr(out, "words:");
	for (i = 0; (verb = gv_cmd_verb(cmd, i, &len)); i++)
		gv_buf_addf(out, "%s%.*s", i ? "," : "", (int)len, verb);
}

/* A line of __git_vault_argument for each argument of a known kind; the last
 * of any number repeats, but there is one verb. */
static void
add_arguments(struct gv_buf *out, const struct gv_cmd *cmd)
{
	int i, n = 0;

	for (i = 0; i < GV_CMD_ARGS; i++)
		if (cmd->args[i] != GV_OPT_ANY)
			n = i + 1;
	for (i = 0; i < n; i++) {
		bool is_verb = cmd->args[i] == GV_OPT_VERB;
		bool repeats = i == n - 1 && cmd->max_args < 0 && !is_verb;

		gv_buf_addf(out, "  %s:", cmd->name);
		if (repeats)
			gv_buf_addstr(out, "*) echo ");
		else
			gv_buf_addf(out, "%d) echo ", i);
		if (is_verb)
			add_verbs(out, cmd);
		else
			add_kind(out, cmd->args[i], NULL);
		gv_buf_addstr(out, " ;;\n");
	}
}

static void
add_tables(struct gv_buf *out, const struct gv_cmd *const *all)
{
	const struct gv_cmd *const *c;

	gv_buf_addstr(out, "__git_vault_commands='");
	for (c = all; *c; c++)
		gv_buf_addf(out, "%s%s", c == all ? "" : "\n", (*c)->name);
	gv_buf_addstr(out,
	    "'\n\n"
	    "__git_vault_options ()\n"
	    "{\n"
	    "  local list=()\n"
	    "  case $1 in\n");
	for (c = all; *c; c++) {
		gv_buf_addf(out, "  %s) list=(", (*c)->name);
		add_names(out, (*c)->opts);
		gv_buf_addstr(out, ") ;;\n");
	}
	gv_buf_addstr(out, "  \"\") list=(");
	add_names(out, gv_cmd_globals);
	gv_buf_addstr(out,
	    ") ;;\n"
	    "  esac\n"
	    "  if [[ -n $1 ]]; then\n"
	    "    list+=(");
	add_names(out, gv_cmd_globals + GV_CMD_FRONT);
	gv_buf_addstr(out,
	    " -h --help)\n"
	    "  fi\n"
	    "  printf '%s\\n' \"${list[@]}\"\n"
	    "}\n\n"
	    "__git_vault_value ()\n"
	    "{\n"
	    "  case $1:$2 in\n");
	for (c = all; *c; c++)
		add_values(out, (*c)->name, (*c)->opts);
	add_values(out, "*", gv_cmd_globals);
	gv_buf_addstr(out,
	    "  esac\n"
	    "}\n\n"
	    "__git_vault_argument ()\n"
	    "{\n"
	    "  case $1:$2 in\n");
	for (c = all; *c; c++)
		add_arguments(out, *c);
	gv_buf_addstr(out,
	    "  esac\n"
	    "}\n");
}

void
gv_completion_bash(struct gv_buf *out, const struct gv_cmd *const *all)
{
	gv_buf_addstr(out, front);
	add_tables(out, all);
	gv_buf_addstr(out, back);
}
