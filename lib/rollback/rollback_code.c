#include "rollback/rollback_code.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "detect/sweep.h"
#include "good/good_deployed.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/good.h"
#include "record/record.h"
#include "repo/repo.h"
#include "rollback/rollback_env.h"
#include "seal/withheld.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "vault/author.h"
#include "view/revealed.h"

#define NO_OID "0000000000000000000000000000000000000000"

/* ---- begun and ended ---------------------------------------------------- */

static void
remove_index(const struct gv_rollback_code *code)
{
	struct gv_buf lock = GV_BUF_INIT;

	gv_buf_addf(&lock, "%s.lock", code->index.p);
	if (gv_buf_check(&lock) == 0)
		gv_file_remove_tree(AT_FDCWD, lock.p);
	gv_file_remove_tree(AT_FDCWD, code->index.p);
	gv_buf_release(&lock);
}

static int
find_head(struct gv_rollback_code *code)
{
	static const char *const commit[] = { "git", "rev-parse", "--verify",
		"HEAD^{commit}", NULL };
	static const char *const tree[] = { "git", "rev-parse", "--verify",
		"HEAD^{tree}", NULL };
	int r = gv_rollback_git_id(code->head, &code->git, commit);

	if (r < 0)
		return gv_err(GV_EREFUSED,
		    "HEAD is no commit yet that a rollback could go on from");
	return gv_rollback_git_id(code->head_tree, &code->git, tree);
}

int
gv_rollback_code_open(struct gv_rollback_code *code, struct gv_repo *repo)
{
	int r;

	memset(code, 0, sizeof(*code));
	code->git.repo = repo;
	code->index = code->kept_paths = (struct gv_buf)GV_BUF_INIT;
	code->at_head.text = code->then.text = code->index;
	gv_buf_addf(&code->index, "%s/rollback/index", repo->vault_dir);
	r = gv_buf_check(&code->index);
	if (r < 0)
		return r;
	code->git.index = code->index.p;
	remove_index(code); /* of one that was killed */
	return find_head(code);
}

static void
list_release(struct gv_rollback_list *list)
{
	gv_map_release(&list->files);
	gv_buf_release(&list->text);
}

void
gv_rollback_code_close(struct gv_rollback_code *code)
{
	if (code->git.index)
		remove_index(code);
	list_release(&code->at_head);
	list_release(&code->then);
	gv_buf_release(&code->index);
	gv_buf_release(&code->kept_paths);
	memset(code, 0, sizeof(*code));
}

/* ---- the tree ----------------------------------------------------------- */

/* "MODE TYPE ID TAB PATH" by the path, NUL behind each: all of the commit's,
 * wherever we run, since what is not listed is not withheld. */
static int
list_files(struct gv_rollback_list *out, const struct gv_rollback_code *code,
    const char *commit)
{
	const char *argv[] = { "git", "ls-tree", "-r", "-z", "--full-tree",
		commit, NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *line, *tab;
	int r = gv_rollback_git_run(&p, &code->git, argv, NULL);

	if (r == 0) {
		gv_buf_add(&out->text, p.out.p, p.out.len);
		r = gv_buf_check(&out->text);
	}
	gv_proc_release(&p);
	if (r < 0)
		return r;
	for (line = out->text.p; line < out->text.p + out->text.len;
	     line += strlen(line) + 1) {
		tab = strchr(line, '\t');
		if (tab == NULL)
			return gv_err(
			    GV_ERROR, "git ls-tree printed an unexpected line");
		if (gv_map_put(&out->files, tab + 1, strlen(tab + 1), line) < 0)
			return gv_err_nomem();
	}
	return 0;
}

/* Whether the file is the same in HEAD and in the record's commit, or in
 * neither. */
static bool
is_same(const struct gv_rollback_code *code, const char *path, size_t len)
{
	const char *then = gv_map_get(&code->then.files, path, len);
	const char *now = gv_map_get(&code->at_head.files, path, len);

	return then && now ? strcmp(then, now) == 0 : then == now;
}

/* Whether the rollback is about the file: it belongs to the environment, or it
 * is shared and in the record's commit. */
static bool
is_taken(const struct gv_rollback_code *code, const char *path, size_t len)
{
	enum gv_rollback_place place = code->own
	    ? gv_rollback_env_place(code->own, path, len)
	    : GV_ROLLBACK_OWN;

	return place == GV_ROLLBACK_OWN ||
	    (place == GV_ROLLBACK_SHARED &&
		gv_map_get(&code->then.files, path, len));
}

/* Whether the commit would change or add the file. */
static bool
is_brought(const struct gv_rollback_code *code, const char *path, size_t len)
{
	return !is_same(code, path, len) && is_taken(code, path, len);
}

/* Append a line for update-index that sets the file as in HEAD, or removes it.
 */
static void
add_line(struct gv_buf *out, const struct gv_rollback_code *code,
    const char *path, size_t len)
{
	const char *line = gv_map_get(&code->at_head.files, path, len);

	if (line)
		gv_buf_add(out, line, strlen(line));
	else {
		gv_buf_addstr(out, "0 " NO_OID "\t");
		gv_buf_add(out, path, len);
	}
	gv_buf_addch(out, '\0');
}

static void
keep(struct gv_buf *out, struct gv_rollback_code *code, const char *path,
    size_t len)
{
	add_line(out, code, path, len);
	gv_buf_add(&code->kept_paths, path, len);
	gv_buf_addch(&code->kept_paths, '\0');
	code->kept++;
}

static int
note_names(
    const struct gv_rollback_code *code, const struct gv_rollback_list *list)
{
	const char *line = list->text.p, *end = line + list->text.len;
	int r = 0;

	for (; r == 0 && line < end; line += strlen(line) + 1)
		r = gv_rollback_env_note(code->own, strchr(line, '\t') + 1);
	return r;
}

static void
leave_others(struct gv_buf *out, struct gv_rollback_code *code,
    const struct gv_rollback_list *list)
{
	const char *line = list->text.p, *end = line + list->text.len;

	for (; line < end; line += strlen(line) + 1) {
		const char *path = strchr(line, '\t') + 1;
		size_t len = strlen(path);

		/* a file in both lists is handled with the first one */
		if (is_same(code, path, len) || is_taken(code, path, len) ||
		    (list == &code->at_head &&
			gv_map_get(&code->then.files, path, len)))
			continue;
		add_line(out, code, path, len);
		code->apart++;
	}
}

/* Set files of other environments as in HEAD. */
static int
add_apart(struct gv_buf *out, struct gv_rollback_code *code)
{
	int r;

	if (code->own == NULL)
		return 0;
	if ((r = note_names(code, &code->then)) < 0 ||
	    (r = note_names(code, &code->at_head)) < 0)
		return r;
	leave_others(out, code, &code->then);
	leave_others(out, code, &code->at_head);
	return gv_buf_check(out);
}

/* Set files that the snapshot stores partly encrypted as in HEAD. */
static int
add_kept(struct gv_buf *out, struct gv_rollback_code *code,
    const struct gv_revealed *given)
{
	const struct gv_revealed_file *file;
	size_t i;

	for (i = 0; (file = gv_revealed_at(given, i)); i++) {
		const struct gv_withheld_entry *e = &file->entries[0];

		/* most are of files that git ignores */
		if (is_brought(code, e->path, e->path_len))
			keep(out, code, e->path, e->path_len);
	}
	return gv_buf_check(out);
}

/* What the snapshot withholds is of the files that it was taken of, and nothing
 * where nobody looked: the commit may have in clear what they had no more. So
 * each file that it would bring is looked at, too. */
static int
add_brought(struct gv_sweep *sweep, const struct gv_rollback_code *code,
    const struct gv_revealed *given)
{
	static const char blob[] = " blob ";
	const char *line = code->then.text.p;
	const char *end = line + code->then.text.len;
	const char *path, *type;
	struct gv_oid id;
	int r = 0;

	for (; r == 0 && line < end; line += strlen(line) + 1) {
		path = strchr(line, '\t') + 1;
		type = strchr(line, ' ');
		/* neither links nor submodules */
		if (!is_brought(code, path, strlen(path)) ||
		    strncmp(line, "100", 3) != 0 ||
		    strncmp(type, blob, strlen(blob)) != 0 ||
		    gv_revealed_find(given, path, strlen(path)))
			continue;
		if ((r = gv_oid_parse(&id, type + strlen(blob))) == 0)
			r = gv_sweep_add_blob(sweep, path, &id);
	}
	return r;
}

static int
add_found(struct gv_buf *out, struct gv_rollback_code *code,
    const struct gv_sweep *sweep)
{
	const char *last = "";
	size_t i, len, last_len = 0;

	for (i = 0; i < sweep->n; i++) {
		const struct gv_finding *f = &sweep->findings[i];

		/* an archive is one file */
		len = f->inner ? (size_t)(f->inner - f->path) : strlen(f->path);
		if (!gv_finding_counts(f, GV_FINDING_LIKELY) ||
		    (len == last_len && memcmp(f->path, last, len) == 0))
			continue;
		keep(out, code, f->path, len);
		last = f->path;
		last_len = len;
	}
	return gv_buf_check(out);
}

static int
look_for_secrets(struct gv_buf *out, struct gv_rollback_code *code,
    const struct gv_revealed *given)
{
	const struct gv_sweep_opts opts = {
		.repo = (struct gv_repo *)code->git.repo,
		.is_reading = true,
		.now = gv_clock_now().tv_sec
	};
	struct gv_sweep *sweep = NULL;
	int r = code->then.text.len ? gv_sweep_new(&sweep, &opts) : 0;

	if (sweep)
		r = add_brought(sweep, code, given);
	if (sweep && r == 0)
		r = gv_sweep_run(sweep);
	if (sweep && r == 0)
		r = add_found(out, code, sweep);
	gv_sweep_free(sweep);
	return r;
}

static int
check_record(const struct gv_good *good, const struct gv_record *rec)
{
	if (gv_oid_is_zero(&good->code))
		return gv_err(GV_EREFUSED, "record %u of %s is of no commit",
		    good->n, good->env);
	if (!rec->id[0])
		return gv_err(GV_EREFUSED,
		    "record %u of %s is of no snapshot, so which of its files "
		    "hold secrets is not known; 'git revert' makes such a "
		    "commit",
		    good->n, good->env);
	return 0;
}

int
gv_rollback_code_take(
    struct gv_rollback_code *code, const struct gv_oid *commit)
{
	char hex[GV_OID_HEX + 1];
	const char *read[] = { "git", "read-tree", hex, NULL };
	struct gv_odb *odb;
	int r = gv_repo_odb((struct gv_repo *)code->git.repo, &odb);

	if (r < 0)
		return r;
	gv_oid_format(hex, commit);
	return gv_odb_has(odb, commit)
	    ? gv_rollback_git_do(&code->git, read, NULL)
	    : gv_err(GV_ENOTFOUND,
		  "commit %s is not here; fetch it, and try again", hex);
}

static bool
takes(void *ctx, const char *path, size_t len)
{
	return is_taken(ctx, path, len);
}

/* The record says that its snapshot is good. If somebody marked files that were
 * not committed, a commit of the code would be something else. */
static int
check_committed(struct gv_rollback_code *code, const struct gv_good *good,
    const struct gv_record *rec)
{
	struct gv_buf stray = GV_BUF_INIT, path = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r = gv_good_is_as_committed(&stray,
	    (struct gv_repo *)code->git.repo, rec, &good->code, takes, code);

	if (r == 0 && stray.len) {
		gv_oid_format(hex, &good->code);
		gv_path_quote(&path, stray.p, stray.len);
		r = gv_buf_check(&path) < 0
		    ? GV_ENOMEM
		    : gv_err(GV_EREFUSED,
			  "known-good record %u of %s has files that differ "
			  "from commit %.12s, such as %s; to take them from "
			  "its snapshot: git vault rollback --to %u %s",
			  good->n, good->env, hex, path.p, good->n, good->env);
	}
	gv_buf_release(&stray);
	gv_buf_release(&path);
	return r < 0 ? r : 0;
}

int
gv_rollback_code_fill(struct gv_rollback_code *code, const struct gv_good *good,
    const struct gv_record *rec, struct gv_rollback_env *own)
{
	static const char *const update[] = { "git", "update-index", "-z",
		"--index-info", NULL };
	char hex[GV_OID_HEX + 1];
	struct gv_buf lines = GV_BUF_INIT;
	struct gv_revealed *given = NULL;
	struct gv_odb *odb;
	int r = check_record(good, rec);

	code->own = own;
	gv_oid_format(hex, &good->code);
	if (r < 0 ||
	    (r = gv_repo_odb((struct gv_repo *)code->git.repo, &odb)) < 0 ||
	    (r = gv_revealed_load(&given, odb, rec, GV_REVEALED_TREE)) < 0 ||
	    (r = gv_rollback_code_take(code, &good->code)) < 0 ||
	    (r = list_files(&code->at_head, code, code->head)) < 0)
		goto out;
	if ((r = list_files(&code->then, code, hex)) < 0 ||
	    (r = add_apart(&lines, code)) < 0 ||
	    (r = check_committed(code, good, rec)) < 0 ||
	    (r = add_kept(&lines, code, given)) < 0 ||
	    (r = look_for_secrets(&lines, code, given)) < 0)
		goto out;
	if ((r = gv_buf_check(&code->kept_paths)) < 0)
		goto out;
	if (lines.len)
		r = gv_rollback_git_do(&code->git, update, &lines);
out:
	gv_revealed_free(given);
	gv_buf_release(&lines);
	return r;
}

/* Objects reach the disk before anything relies on them. */
int
gv_rollback_code_tree(struct gv_rollback_code *code)
{
	static const char *const write[] = { "git", "-c", "core.fsync=objects",
		"write-tree", NULL };
	int r = gv_rollback_git_id(code->tree, &code->git, write);

	if (r == 0 && strcmp(code->tree, code->head_tree) == 0)
		r = gv_err(GV_EREFUSED,
		    "HEAD has that code already; no commit is made");
	return r;
}

/* ---- the commit --------------------------------------------------------- */

void
gv_rollback_code_say(struct gv_buf *out, const struct gv_rollback_code *code,
    const struct gv_good *good)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &good->code);
	gv_buf_addf(out,
	    "Roll %s back to known-good record %u\n\nThe code of commit "
	    "%s%s.\n",
	    good->env, good->n, hex,
	    code->apart ? ", without that of other environments" : "");
}

static const struct role {
	const char *ident, *name, *mail;
} roles[] = {
	{ "GIT_AUTHOR_IDENT", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL" },
	{ "GIT_COMMITTER_IDENT", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL" },
};

#define N_ROLES (sizeof(roles) / sizeof(*roles))

/* Variables for who it is, where git would find nobody and refuse. */
struct identity {
	struct gv_buf text[2 * N_ROLES];
	const char *env[2 * N_ROLES + 1];
	size_t n;
};

static int
add_role(struct identity *id, const struct gv_rollback_code *code,
    const struct role *role)
{
	const char *argv[] = { "git", "var", role->ident, NULL };
	struct gv_buf who = GV_BUF_INIT;
	struct gv_buf *name = &id->text[id->n], *mail = name + 1;
	const char *angle;
	int r;

	if (gv_rollback_git_do(&code->git, argv, NULL) == 0)
		return 0;
	gv_author_add_name(&who, code->git.repo); /* "NAME <MAIL>" */
	r = gv_buf_check(&who);
	angle = r == 0 ? strchr(who.p, '<') : NULL;
	if (angle) {
		gv_buf_addf(name, "%s=%.*s", role->name,
		    (int)(angle - who.p) - 1, who.p);
		gv_buf_addf(mail, "%s=%.*s", role->mail,
		    (int)strcspn(angle + 1, ">"), angle + 1);
		if ((r = gv_buf_check(name)) == 0)
			r = gv_buf_check(mail);
		id->env[id->n++] = name->p;
		id->env[id->n++] = mail->p;
	}
	gv_buf_release(&who);
	return r;
}

int
gv_rollback_code_commit(struct gv_rollback_code *code, const char *message)
{
	const char *argv[] = { "git", "-c", "core.fsync=objects", "commit-tree",
		"-p", code->head, "-m", message, code->tree, NULL };
	struct gv_rollback_git git = code->git;
	struct identity id = { .n = 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < 2 * N_ROLES; i++)
		id.text[i] = (struct gv_buf)GV_BUF_INIT;
	for (i = 0; r == 0 && i < N_ROLES; i++)
		r = add_role(&id, code, &roles[i]);
	git.env = id.env;
	if (r == 0)
		r = gv_rollback_git_id(code->commit, &git, argv);
	for (i = 0; i < 2 * N_ROLES; i++)
		gv_buf_release(&id.text[i]);
	return r;
}
