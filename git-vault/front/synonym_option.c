#include "git-vault/front/synonym_option.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/opt_word.h"

/* In the command, '=' stands for what is given with the option, '1' for the
 * first word that is no option. */
static const struct {
	const char *cmd, *options, *why, *line;
} rows[] = {
	{ "tag", "-m --message -a --annotate",
	    "a tag has no message, its snapshot has", "show 1" },
	{ "tag", "-l --list -n", "'list' shows the tags of snapshots", "list" },
	{ "tag", "-v --verify", "'verify' checks what a tag names",
	    "verify 1" },
	{ "sync", "--prune -p", "'sync' deletes nothing that a remote has",
	    "prune" },
	{ "sync", "--all --tags -u --set-upstream --mirror --atomic",
	    "'sync' pushes and fetches all snapshots and tags", "sync" },
	{ "sync", "--force -f --force-with-lease",
	    "'sync' joins both sides and overwrites none", "sync" },
	{ "sync", "--rebase --ff-only --no-rebase",
	    "snapshots are joined without a merge", "sync" },
	{ "export", "-o --output --file -f --out",
	    "write the file as an argument", "export =" },
	{ "snapshot", "-a --all -A -u --include-untracked --keep-index -k",
	    "all files that are not ignored are stored", "snapshot" },
	{ "snapshot", "--amend --no-verify --allow-empty --fixup",
	    "a snapshot is never changed; take another one", "snapshot" },
	{ "restore", "-s --source", "write the snapshot as an argument",
	    "restore = --in-place" },
	{ "restore", "-W --worktree -S --staged",
	    "'restore' writes files, and the index with --index",
	    "restore latest --in-place" },
	{ "log", "--oneline --graph --all --decorate --pretty --author",
	    "'list' shows a snapshot a line", "list" },
	{ "log", "--follow --full-history", "'log' takes the path alone",
	    "log 1" },
	{ "list", "--stat -p --patch --name-status",
	    "'log' shows what each snapshot changed", "log --stat" },
	{ "status", "-s --short -b --branch --long",
	    "each change is one line already", "status" },
	{ "status", "-u --untracked-files",
	    "files that git does not track are stored, too", "status" },
	{ "diff", "--cached --staged",
	    "a snapshot is compared with the files on disk", "diff" },
	{ "show", "-p --patch --stat --name-only --name-status",
	    "'log' shows what each snapshot changed", "log -p" },
	{ "clone", "--depth --single-branch --bare --mirror --shallow-since",
	    "snapshots need the whole repository", "help clone" },
	{ "watch", "-a --all --all-projects",
	    "watch always saves all registered projects; to list them: git "
	    "vault project",
	    "watch 1" },
	{ "prune", "--expire", "retention counts snapshots or days",
	    "help prune" },
};

/* What the option, at `at` in argv, has as its value. NULL: nothing. */
static const char *
value_of(char *const *argv, const char *option, size_t len)
{
	for (; *argv; argv++) {
		if (strncmp(*argv, option, len) != 0)
			continue;
		if ((*argv)[len] == '=')
			return *argv + len + 1;
		if (option[1] != '-' && (*argv)[len])
			return *argv + len;
		return (*argv)[len] == '\0' ? argv[1] : NULL;
	}
	return NULL;
}

static const char *
first_word(char *const *argv, const char *but)
{
	for (; *argv; argv++)
		if ((*argv)[0] != '-' && *argv != but)
			return *argv;
	return NULL;
}

/* False where a word is needed that was not given. */
static bool
add_line(struct gv_buf *out, const char *line, char *const *argv,
    const char *option, size_t len)
{
	const char *value = value_of(argv, option, len), *word;

	for (; *line; line++) {
		/* a word brings its blank along */
		if (*line == ' ' && (line[1] == '=' || line[1] == '1'))
			continue;
		if (*line != '=' && *line != '1') {
			gv_buf_addch(out, *line);
			continue;
		}
		/* whatever follows the option may be its value, or not */
		word = *line == '=' ? NULL : first_word(argv, value);
		if (word == NULL)
			word = value;
		if (word == NULL)
			return false;
		gv_shell_word(out, word);
	}
	return true;
}

void
gv_synonym_option(const struct gv_cmd *cmd, char *const *argv)
{
	static const char begin[] = "unknown option '";
	struct gv_buf option = GV_BUF_INIT, line = GV_BUF_INIT;
	const char *said = gv_err_message();
	size_t i;

	if (strncmp(said, begin, sizeof(begin) - 1) != 0)
		return;
	said += sizeof(begin) - 1;
	gv_buf_add(&option, said, strcspn(said, "'"));
	for (i = 0; option.len && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].cmd, cmd->name) != 0 ||
		    !gv_opt_word_is_among(
			rows[i].options, option.p, option.len))
			continue;
		if (!add_line(
			&line, rows[i].line, argv, option.p, option.len)) {
			gv_buf_reset(&line);
			gv_buf_addf(&line, "help %s", cmd->name);
		}
		if (gv_buf_check(&option) == 0 && gv_buf_check(&line) == 0)
			gv_err(GV_EUSAGE,
			    "unknown option '%s': %s\nhint: git vault %s",
			    option.p, rows[i].why, line.p);
		break;
	}
	gv_buf_release(&option);
	gv_buf_release(&line);
}
