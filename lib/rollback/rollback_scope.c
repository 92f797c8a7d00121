#include "rollback/rollback_scope.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "object/repo_odb.h"
#include "record/record.h"
#include "repo/repo.h"
#include "rollback/rollback_git.h"
#include "snapshot/preview.h"
#include "sys/proc.h"
#include "view/revealed.h"

/* Paths, each with a NUL behind it, that can be asked for. */
struct list {
	struct gv_buf text;
	struct gv_map paths;
};

struct gv_rollback_scope {
	unsigned classes;
	struct gv_revealed
	    *given;          /* what the snapshot withholds; NULL: nothing */
	struct list secrets; /* what one would withhold now */
	struct list then, head, index; /* what git tracks */
	bool leaves;
};

/* ---- words -------------------------------------------------------------- */

static const struct {
	const char *word;
	unsigned classes;
} words[] = {
	{ "files", GV_ROLLBACK_FILES },
	{ "code,config", GV_ROLLBACK_CODE | GV_ROLLBACK_CONFIG },
	{ "code,secrets", GV_ROLLBACK_CODE | GV_ROLLBACK_SECRETS },
	{ "config,secrets", GV_ROLLBACK_CONFIG | GV_ROLLBACK_SECRETS },
	{ "code", GV_ROLLBACK_CODE },
	{ "config", GV_ROLLBACK_CONFIG },
	{ "secrets", GV_ROLLBACK_SECRETS },
};

#define N_WORDS (sizeof(words) / sizeof(*words))

const char *
gv_rollback_scope_word(unsigned classes)
{
	size_t i;

	for (i = 0; i < N_WORDS; i++)
		if (words[i].classes == classes)
			return words[i].word;
	return "";
}

static bool
set_word(unsigned *classes, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < N_WORDS; i++)
		if (strlen(words[i].word) == len &&
		    memcmp(words[i].word, p, len) == 0) {
			*classes |= words[i].classes;
			return true;
		}
	return false;
}

int
gv_rollback_scope_parse(unsigned *classes, bool *has_state, const char *text)
{
	const char *p = text;
	size_t n;

	*classes = 0;
	*has_state = false;
	for (;; p += n + 1) {
		n = strcspn(p, ",");
		if (n == 5 && memcmp(p, "state", n) == 0)
			*has_state = true;
		else if (!set_word(classes, p, n))
			return gv_err(GV_EUSAGE,
			    "'%.*s' is not a scope of a rollback; scopes are "
			    "code, config, secrets, files (the first three) "
			    "and state",
			    (int)n, p);
		if (p[n] == '\0')
			return 0;
	}
}

/* ---- what is looked at -------------------------------------------------- */

static int
index_list(struct list *l)
{
	char *p, *end;
	size_t len;

	if (l->text.len == 0)
		return 0;
	end = l->text.p + l->text.len;
	for (p = l->text.p; p < end; p += len + 1) {
		len = strlen(p);
		if (len && gv_map_put(&l->paths, p, len, p) < 0)
			return gv_err_nomem();
	}
	return 0;
}

static void
release_list(struct list *l)
{
	gv_map_release(&l->paths);
	gv_buf_release(&l->text);
}

static int
ask_git(
    struct list *l, const struct gv_rollback_git *git, const char *const *argv)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_rollback_git_run(&p, git, argv, NULL);

	if (r == 0) {
		gv_buf_release(&l->text);
		l->text = p.out;
		p.out = (struct gv_buf)GV_BUF_INIT;
		r = index_list(l);
	}
	gv_proc_release(&p);
	return r;
}

static int
list_commit(
    struct list *l, const struct gv_rollback_git *git, const char *commit)
{
	const char *argv[] = { "git", "ls-tree", "-r", "-z", "--name-only",
		"--full-tree", commit, NULL };

	return ask_git(l, git, argv);
}

static int
list_tracked(struct gv_rollback_scope *s, struct gv_repo *repo,
    const struct gv_oid *code)
{
	static const char *const files[] = { "git", "ls-files", "-z",
		"--full-name", NULL };
	static const char *const born[] = { "git", "rev-parse", "--quiet",
		"--verify", "HEAD^{commit}", NULL };
	const struct gv_rollback_git git = { .repo = repo,
		.index = repo->index_file };
	char hex[GV_OID_HEX + 1];
	int r = 0;

	gv_oid_format(hex, code);
	if (!gv_oid_is_zero(code) && list_commit(&s->then, &git, hex) < 0)
		r = gv_err(GV_ENOTFOUND,
		    "commit %s, which has the code of that record, is not in "
		    "this clone, so code cannot be separated from "
		    "configuration; fetch it, or roll back all files",
		    hex);
	if (r == 0 && gv_rollback_git_do(&git, born, NULL) == 0)
		r = list_commit(&s->head, &git, "HEAD");
	return r < 0 ? r : ask_git(&s->index, &git, files);
}

int
gv_rollback_scope_open(struct gv_rollback_scope **out, struct gv_repo *repo,
    const struct gv_rollback_scope_of *of)
{
	struct gv_rollback_scope *s = calloc(1, sizeof(*s));
	struct gv_odb *odb;
	int r;

	if (s == NULL)
		return gv_err_nomem();
	s->classes = of->classes;
	s->secrets.text = s->then.text = (struct gv_buf)GV_BUF_INIT;
	s->head.text = s->index.text = (struct gv_buf)GV_BUF_INIT;
	if ((r = gv_repo_odb(repo, &odb)) == 0 &&
	    (r = gv_revealed_load(&s->given, odb, of->rec, GV_REVEALED_TREE)) ==
		0 &&
	    (r = gv_preview_withheld(&s->secrets.text, repo)) == 0 &&
	    (r = index_list(&s->secrets)) == 0)
		r = list_tracked(s, repo,
		    gv_oid_is_zero(&of->code) ? &of->rec->base : &of->code);
	if (r < 0) {
		gv_rollback_scope_close(s);
		return r;
	}
	*out = s;
	return 0;
}

void
gv_rollback_scope_close(struct gv_rollback_scope *s)
{
	if (s == NULL)
		return;
	gv_revealed_free(s->given);
	release_list(&s->secrets);
	release_list(&s->then);
	release_list(&s->head);
	release_list(&s->index);
	free(s);
}

/* ---- what a path is of -------------------------------------------------- */

enum gv_rollback_class
gv_rollback_scope_class(
    const struct gv_rollback_scope *s, const char *path, size_t len)
{
	if (gv_revealed_find(s->given, path, len) ||
	    gv_map_get(&s->secrets.paths, path, len))
		return GV_ROLLBACK_SECRETS;
	if (gv_map_get(&s->then.paths, path, len) ||
	    gv_map_get(&s->head.paths, path, len) ||
	    gv_map_get(&s->index.paths, path, len))
		return GV_ROLLBACK_CODE;
	return GV_ROLLBACK_CONFIG;
}

bool
gv_rollback_scope_takes(void *scope, const char *path, size_t len)
{
	struct gv_rollback_scope *s = scope;
	bool takes = s->classes & gv_rollback_scope_class(s, path, len);

	s->leaves |= !takes;
	return takes;
}

bool
gv_rollback_scope_leaves(const struct gv_rollback_scope *s)
{
	return s->leaves;
}
