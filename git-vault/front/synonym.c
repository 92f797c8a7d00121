#include "git-vault/front/synonym.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/near.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/opt_word.h"

/* Commands of other tools. In the answer, '%' stands for all following words
 * that are not options, '1' for the first of them. */
static const struct {
	const char *words;
	const char *with;  /* the command if words follow; NULL: as without */
	const char *alone; /* the command if none follow */
} commands[] = {
	{ "backup save create commit stash", NULL, "snapshot" },
	{ "snapshots", NULL, "list" },
	{ "history", "log -- %", "log" },
	{ "st changes", NULL, "status" },
	{ "check fsck", NULL, "verify" },
	{ "forget", "delete %", "prune" },
	{ "clean cleanup expire", NULL, "prune" },
	{ "rm remove del drop", "delete %", "delete -h" },
	{ "unforget unremove", "undelete %", "list --deleted" },
	{ "trash", NULL, "list --deleted" },
	{ "extract checkout", "restore --in-place %",
	    "restore latest --in-place" },
	{ "revert", "rollback 1", "rollback -h" },
	{ "find", "log -- %", "log -- ." },
	{ "grep", NULL, "search -h" },
	{ "dump print view", "cat %", "ls" },
	{ "mount browse", "ls 1", "ls" },
	{ "compare", "diff %", "diff" },
	{ "info", "show 1", "show" },
	{ "push pull fetch upload download copy", "sync 1", "sync" },
	{ "replica mirror offsite copies", NULL, "replicate" },
	{ "bundle", "export 1", "export -h" },
	{ "tar zip", "archive %", "archive -h" },
	{ "encrypt decrypt secrets", NULL, "secret list" },
	{ "detect protect leaks", NULL, "scan" },
	{ "gc compact optimize repack", NULL, "fold" },
	{ "setup enable", NULL, "init" },
	{ "diagnose", NULL, "doctor" },
	{ "untag", "tag -d %", "tag -h" },
	{ "keys keyring recipients", NULL, "key list" },
	{ "repos repositories", NULL, "projects" },
	{ "states", NULL, "state list" },
	{ "hook", NULL, "hooks status" },
	{ "artifacts", NULL, "artifact list" },
	{ "man manual usage", "help 1", "help" },
};

/* What other tools call a verb of a noun. */
static const struct {
	const char *noun, *words, *verb;
} verb_words[] = {
	{ "key", "ls recipients", "list" },
	{ "key", "new create gen init make", "generate" },
	{ "key", "invite share grant authorize", "add" },
	{ "key", "rm delete del revoke", "remove" },
	{ "key", "backup save split", "escrow" },
	{ "key", "restore", "recover" },
	{ "key", "import trust accept", "adopt" },
	{ "key", "rekey renew", "rotate" },
	{ "key", "reencrypt re-encrypt", "reseal" },
	{ "key", "info whoami", "show" },
	{ "state", "ls", "list" },
	{ "state", "push put upload add create commit", "save" },
	{ "state", "pull get fetch download cat", "restore" },
	{ "state", "history versions", "log" },
	{ "state", "check", "verify" },
	{ "state", "fix", "repair" },
	{ "state", "compare", "diff" },
	{ "state", "acquire", "lock" },
	{ "state", "release force-unlock", "unlock" },
	{ "state", "find search", "for-resource" },
	{ "state", "info inspect", "show" },
	{ "state", "server backend", "serve" },
	{ "secret", "ls", "list" },
	{ "secret", "get cat view reveal decrypt open print read",
	    "show --reveal" },
	{ "secret", "info", "show" },
	{ "secret", "set update change edit replace", "rotate" },
	{ "secret", "add put create new encrypt", "import" },
	{ "secret", "rm remove delete del", "purge" },
	{ "secret", "log versions", "history" },
	{ "secret", "dump", "export" },
	{ "good", "ls log history", "list" },
	{ "good", "add tag create new set record", "mark" },
	{ "good", "rm remove delete del unmark", "revoke" },
	{ "good", "info", "show" },
	{ "good", "compare", "diff" },
	{ "audit", "ls log history events", "list" },
	{ "audit", "check", "verify" },
	{ "audit", "dump", "export" },
	{ "project", "ls", "list" },
	{ "project", "register new create", "add" },
	{ "project", "rm delete del forget unregister", "remove" },
	{ "project", "info", "show" },
	{ "hooks", "list ls show check", "status" },
	{ "hooks", "add enable init setup", "install" },
	{ "hooks", "rm remove delete disable", "uninstall" },
	{ "artifact", "ls", "list" },
	{ "artifact", "add put create register", "record" },
	{ "artifact", "search show get lookup info", "find" },
	{ "policy", "list ls view check", "show" },
	{ "policy", "trust allow approve", "accept" },
	{ "drill", "ls log history", "list" },
	{ "drill", "start exec execute test try", "run" },
	{ "drill", "info", "show" },
	{ "plan", "ls", "list" },
	{ "plan", "start exec execute apply", "run" },
	{ "plan", "validate check verify", "lint" },
	{ "plan", "dry-run try preview", "test" },
	{ "plan", "continue", "resume" },
	{ "plan", "stop cancel kill", "abort" },
	{ "plan", "log runs", "history" },
	{ "plan", "info cat view print", "show" },
};

static int
refuse(struct gv_buf *said, struct gv_buf *hint)
{
	int r = gv_buf_check(said) < 0 || gv_buf_check(hint) < 0
	    ? gv_err_nomem()
	    : gv_err(GV_EUSAGE, "%s\nhint: git vault %s", said->p, hint->p);

	gv_buf_release(said);
	gv_buf_release(hint);
	return r;
}

static void
add_words(struct gv_buf *hint, char *const *args, int most)
{
	for (; *args && most != 0; args++)
		if ((*args)[0] != '-') {
			gv_shell_word(hint, *args);
			most--;
		}
}

/* ---- commands ----------------------------------------------------------- */

static bool
has_words(char *const *args)
{
	for (; args && *args; args++)
		if ((*args)[0] != '-')
			return true;
	return false;
}

/* Append a command of the table, with the words that it takes. */
static void
fill(struct gv_buf *hint, const char *command, char *const *args)
{
	const size_t len = strlen(command);
	const char last = command[len - 1];

	if (args == NULL) {
		gv_buf_add(hint, command, strcspn(command, " "));
	} else if (last == '%' || last == '1') {
		gv_buf_add(hint, command, len - 2);
		add_words(hint, args, last == '1' ? 1 : -1);
	} else {
		gv_buf_addstr(hint, command);
	}
}

/* Whether the program has the command that this line begins with. */
static bool
is_there(const struct gv_cmd *const *all, const char *line)
{
	size_t n = strcspn(line, " ");

	for (; *all; all++)
		if (strlen((*all)->name) == n &&
		    memcmp((*all)->name, line, n) == 0)
			return true;
	return false;
}

static bool
find_synonym(struct gv_buf *hint, const struct gv_cmd *const *all,
    const char *name, char *const *args)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *to = has_words(args) && commands[i].with
		    ? commands[i].with
		    : commands[i].alone;

		if (!gv_opt_word_is_among(
			commands[i].words, name, strlen(name)) ||
		    !is_there(all, to))
			continue;
		fill(hint, to, args);
		return true;
	}
	return false;
}

/* The one command that has a verb of this name: `lock` is `state lock`. */
static const struct gv_cmd *
find_noun(const struct gv_cmd *const *all, const char *name)
{
	const struct gv_cmd *found = NULL;
	const char *verb;
	size_t i, n;

	for (; *all; all++) {
		if ((*all)->args[0] != GV_OPT_VERB)
			continue;
		for (i = 0; (verb = gv_cmd_verb(*all, i, &n)) != NULL; i++) {
			if (strlen(name) != n || memcmp(name, verb, n) != 0)
				continue;
			if (found && found != *all)
				return NULL;
			found = *all;
		}
	}
	return found;
}

static const char *
find_nearest(const struct gv_cmd *const *all, const char *name)
{
	struct gv_near near = gv_near_to(name, strlen(name));

	for (; *all; all++)
		gv_near_add(&near, (*all)->name, strlen((*all)->name));
	return near.name;
}

int
gv_synonym_command(
    const struct gv_cmd *const *all, const char *name, char *const *args)
{
	struct gv_buf said = GV_BUF_INIT, hint = GV_BUF_INIT;
	const struct gv_cmd *noun;
	const char *nearest;

	gv_buf_addf(&said, "unknown command '%s'", name);
	if (args == NULL)
		gv_buf_addstr(&hint, "help ");
	if (find_synonym(&hint, all, name, args))
		return refuse(&said, &hint);
	if ((noun = find_noun(all, name)) != NULL) {
		gv_buf_addf(&hint, "%s%s%s", noun->name, args ? " " : "",
		    args ? name : "");
		for (; args && *args; args++)
			gv_shell_word(&hint, *args);
	} else if ((nearest = find_nearest(all, name)) != NULL) {
		gv_buf_addf(&said, "; did you mean '%s'?", nearest);
		gv_buf_addstr(&hint, nearest);
		for (; args && *args; args++)
			gv_shell_word(&hint, *args);
	} else {
		gv_buf_reset(&hint);
		gv_buf_addstr(&hint, "help");
	}
	return refuse(&said, &hint);
}

/* ---- verbs -------------------------------------------------------------- */

static const char *
find_verb(
    const struct gv_cmd *cmd, const struct gv_verb *verbs, const char *name)
{
	struct gv_near near = gv_near_to(name, strlen(name));
	size_t i;

	for (i = 0; i < sizeof(verb_words) / sizeof(verb_words[0]); i++)
		if (strcmp(verb_words[i].noun, cmd->name) == 0 &&
		    gv_opt_word_is_among(
			verb_words[i].words, name, strlen(name)))
			return verb_words[i].verb;
	for (; verbs->name; verbs++)
		gv_near_add(&near, verbs->name, strlen(verbs->name));
	return near.name;
}

/* Append the words that the verb takes; if too few were given, its usage. */
static void
add_arguments(struct gv_buf *hint, const struct gv_verb *verbs,
    const char *verb, int argc, char *const *argv)
{
	const size_t n = strcspn(verb, " ");

	for (; verbs->name; verbs++)
		if (strlen(verbs->name) == n &&
		    memcmp(verbs->name, verb, n) == 0)
			break;
	if (verbs->name && argc < verbs->min)
		gv_buf_addstr(hint, " -h");
	else
		add_words(hint, argv, verbs->name ? verbs->max : 0);
}

int
gv_synonym_verb(const struct gv_ctx *ctx, const struct gv_verb *verbs, int argc,
    char *const *argv)
{
	struct gv_buf said = GV_BUF_INIT, hint = GV_BUF_INIT;
	const char *noun = ctx->cmd->name, *verb;

	gv_buf_addf(&said, "unknown command '%s %s'", noun, argv[0]);
	verb = find_verb(ctx->cmd, verbs, argv[0]);
	if (verb) {
		gv_buf_addf(&said, "; did you mean '%s %.*s'?", noun,
		    (int)strcspn(verb, " "), verb);
		gv_buf_addf(&hint, "%s %s", noun, verb);
		add_arguments(&hint, verbs, verb, argc - 1, argv + 1);
	} else if (gv_cmd_find(ctx->all, argv[0])) {
		gv_buf_addstr(&hint, argv[0]);
		add_words(&hint, argv + 1, -1);
	} else {
		gv_buf_addf(&hint, "%s -h", noun);
	}
	return refuse(&said, &hint);
}
