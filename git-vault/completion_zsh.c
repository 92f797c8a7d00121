#include "completion.h"

#include <string.h>

#include "base/buf.h"
#include "cmd.h"

/* clang-format off */
static const char front[] =
	"#compdef git-vault\n"
	"# Completion of git vault in zsh, made by `git vault completion zsh`:\n"
	"# put it into a folder of $fpath as _git-vault, or run\n"
	"#   eval \"$(git vault completion zsh)\"\n"
	"\n"
	"__git_vault_snapshots ()\n"
	"{\n"
	"  local -a ids tags goods\n"
	"  local list=refs/vault/snapshots trailer=contents:trailers:key\n"
	"  ids=(latest ${(f)\"$(_call_program snapshots git for-each-ref \\\n"
	"    --sort=-refname '--format=%(refname:lstrip=3)' $list "
	"2>/dev/null)\"})\n"
	"  tags=(${(f)\"$(_call_program tags git for-each-ref \\\n"
	"    \"--format=%($trailer=Vault-Tag,valueonly)\" $list "
	"2>/dev/null)\"})\n"
	"  # those that came later: each is a line of a file, and one word\n"
	"  tags+=(${(f)\"$(git ls-tree -r --full-tree refs/vault/marks "
	"2>/dev/null |\n"
	"    sed -n 's,^[0-9]* blob \\([0-9a-f]*\\).tags/.*,\\1,p' |\n"
	"    git cat-file --batch 2>/dev/null | sed '/ /d')\"})\n"
	"  tags=(tag:${^${(u)tags}})\n"
	"  goods=(${(f)\"$(_call_program goods git for-each-ref \\\n"
	"    '--format=good:%(refname:lstrip=3)' refs/vault/good "
	"2>/dev/null)\"})\n"
	"  goods=(${(u)goods%/*})\n"
	"  _wanted snapshots expl snapshot compadd -V snapshots -a ids\n"
	"  _wanted tags expl 'snapshot with a tag' compadd -a tags\n"
	"  _wanted goods expl 'known-good snapshot' compadd -a goods\n"
	"}\n"
	"\n"
	"__git_vault_refs ()\n"
	"{\n"
	"  local -a refs\n"
	"  refs=(${(f)\"$(_call_program refs git for-each-ref \\\n"
	"    '--format=%(refname:short)' refs/heads refs/tags refs/remotes "
	"2>/dev/null)\"})\n"
	"  _wanted refs expl ref compadd -a refs\n"
	"}\n"
	"\n"
	"__git_vault_remotes ()\n"
	"{\n"
	"  local -a remotes\n"
	"  remotes=(${(f)\"$(_call_program remotes git remote 2>/dev/null)\"})\n"
	"  _wanted remotes expl remote compadd -a remotes\n"
	"}\n"
	"\n"
	"__git_vault_deleted ()\n"
	"{\n"
	"  local -a ids\n"
	"  ids=(${(f)\"$(_call_program deleted git vault list --deleted \\\n"
	"    --id-only 2>/dev/null)\"})\n"
	"  _wanted deleted expl 'deleted snapshot' compadd -a ids\n"
	"}\n"
	"\n";

static const char back[] =
	"if [[ ${funcstack[1]} == _git-vault ]]; then\n"
	"  _git-vault \"$@\"\n"
	"else\n"
	"  compdef _git-vault git-vault\n"
	"fi\n";
/* clang-format on */

/* Text inside '…' and, in an option's explanation, inside […]. */
static void
add_quoted(struct gv_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			gv_buf_addstr(out, "'\\'");
		else if (strchr("[]:\\", *text))
			gv_buf_addch(out, '\\');
		gv_buf_addch(out, *text);
	}
}

/* What completes a value: the action of an _arguments specification. */
static void
add_action(
    struct gv_buf *out, enum gv_opt_kind kind, const char *const *choices)
{
	static const char *const actions[] = {
		[GV_OPT_ANY] = " ",
		[GV_OPT_SNAPSHOT] = "__git_vault_snapshots",
		[GV_OPT_PATH] = "_files",
		[GV_OPT_DIR] = "_files -/",
		[GV_OPT_COMMAND] = "__git_vault_commands",
		[GV_OPT_SHELL] = "(bash zsh)",
		[GV_OPT_REF] = "__git_vault_refs",
		[GV_OPT_REMOTE] = "__git_vault_remotes",
		[GV_OPT_DELETED] = "__git_vault_deleted",
	};
	size_t i;

	if (choices == NULL) {
		gv_buf_addstr(out, actions[kind]);
		return;
	}
	gv_buf_addch(out, '(');
	for (i = 0; choices[i]; i++)
		gv_buf_addf(out, "%s%s", i ? " " : "", choices[i]);
	gv_buf_addch(out, ')');
}

/* One specification. `sign` is what stands behind the name where a value may
 * be attached: "=" or "=-" (only attached) behind a long one, "+" behind a
 * letter. */
static void
add_spec(struct gv_buf *out, const struct gv_opt *o, const char *name,
    const char *sign)
{
	bool many = o->type == GV_OPT_LIST || o->type == GV_OPT_COUNT;

	gv_buf_addf(out, "    '%s%s%s[", many ? "*" : "", name,
	    gv_opt_has_value(o) ? sign : "");
	add_quoted(out, o->help);
	gv_buf_addch(out, ']');
	if (gv_opt_has_value(o)) {
		gv_buf_addf(out, "%s:%s:", o->implied ? ":" : "",
		    o->arg ? o->arg : "VALUE");
		add_action(
		    out, o->kind, o->type == GV_OPT_CHOICE ? o->choices : NULL);
	}
	gv_buf_addstr(out, "' \\\n");
}

static void
add_specs(struct gv_buf *out, const struct gv_opt *o)
{
	struct gv_buf name = GV_BUF_INIT;

	for (; o && o->type != GV_OPT_END; o++) {
		if (o->type == GV_OPT_GROUP)
			continue;
		if (o->letter) {
			gv_buf_reset(&name);
			gv_buf_addf(&name, "-%c", o->letter);
			add_spec(out, o, name.p, "+");
		}
		if (o->name) {
			gv_buf_reset(&name);
			gv_buf_addf(&name, "--%s", o->name);
			add_spec(out, o, name.p, o->implied ? "=-" : "=");
		}
	}
	gv_buf_release(&name);
}

static void
add_verbs(struct gv_buf *out, const struct gv_cmd *cmd)
{
	const char *verb;
	size_t i, len;

	for (i = 0; (verb = gv_cmd_verb(cmd, i, &len)); i++)
		gv_buf_addf(out, "%s%.*s", i ? " " : "(", (int)len, verb);
	gv_buf_addch(out, ')');
}

/* The arguments of known kinds; the last of any number repeats, but there is
 * one verb, and what stands behind it is the command's own. */
static void
add_arguments(struct gv_buf *out, const struct gv_cmd *cmd)
{
	int i, n = cmd->max_args < 0 ? GV_CMD_ARGS : cmd->max_args;

	for (i = 0; i < n && i < GV_CMD_ARGS; i++) {
		bool is_verb = cmd->args[i] == GV_OPT_VERB;
		bool last =
		    i + 1 == GV_CMD_ARGS || cmd->args[i + 1] == GV_OPT_ANY;

		if (cmd->args[i] == GV_OPT_ANY)
			break;
		gv_buf_addstr(out,
		    last && cmd->max_args < 0 && !is_verb ? "    '*:argument:"
							  : "    ':argument:");
		if (is_verb)
			add_verbs(out, cmd);
		else
			add_action(out, cmd->args[i], NULL);
		gv_buf_addstr(out, "' \\\n");
		if (is_verb)
			gv_buf_addstr(out, "    '*:argument:_files' \\\n");
		if (last)
			break;
	}
}

static void
add_command(struct gv_buf *out, const struct gv_cmd *cmd)
{
	gv_buf_addf(out, "  %s)\n    _arguments -s -S \\\n", cmd->name);
	add_specs(out, cmd->opts);
	add_specs(out, gv_cmd_globals + GV_CMD_FRONT);
	gv_buf_addstr(out, "    '(- *)--help[open the manual]' \\\n");
	add_arguments(out, cmd);
	gv_buf_addstr(out, "    && return\n    ;;\n");
}

void
gv_completion_zsh(struct gv_buf *out, const struct gv_cmd *const *all)
{
	const struct gv_cmd *const *c;

	gv_buf_addstr(out, front);
	gv_buf_addstr(out,
	    "__git_vault_commands ()\n"
	    "{\n"
	    "  local -a commands\n"
	    "  commands=(\n");
	for (c = all; *c; c++) {
		gv_buf_addf(out, "    '%s:", (*c)->name);
		add_quoted(out, (*c)->summary);
		gv_buf_addstr(out, "'\n");
	}
	gv_buf_addstr(out,
	    "  )\n"
	    "  _describe -t commands command commands\n"
	    "}\n"
	    "\n"
	    "_git-vault ()\n"
	    "{\n"
	    "  local curcontext=$curcontext state line expl\n"
	    "  _arguments -C \\\n");
	add_specs(out, gv_cmd_globals);
	gv_buf_addstr(out,
	    "    '(- *)--help[open the manual]' \\\n"
	    "    ': :__git_vault_commands' \\\n"
	    "    '*:: :->argument' && return\n"
	    "  [[ $state == argument ]] || return 1\n"
	    "  case ${words[1]} in\n");
	for (c = all; *c; c++)
		add_command(out, *c);
	gv_buf_addstr(out,
	    "  esac\n"
	    "  return 1\n"
	    "}\n"
	    "\n");
	gv_buf_addstr(out, back);
}
