#include "vault/rollback.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "store/repo.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "vault/given.h"
#include "vault/good.h"
#include "vault/withheld.h"

#define NO_OID "0000000000000000000000000000000000000000"

struct branch {
	struct gv_repo *repo;
	const struct gv_good *good;
	char ref[300];
	char head[GV_OID_HEX + 1], tree[GV_OID_HEX + 1]; /* HEAD's */
	struct gv_buf index;                             /* ours alone */
	struct gv_buf listing;                           /* of HEAD's tree */
	struct gv_map files; /* path -> its line there */
	size_t kept;
};

/* Run git in the repository with our index; what it wrote is p's. 0; GV_ERROR
 * with its words where it fails; GV_ENOMEM. */
static int
git(struct gv_proc *p, const struct branch *b, const char *const *argv,
    const struct gv_buf *in)
{
	struct gv_buf dir = GV_BUF_INIT, index = GV_BUF_INIT;
	const char *env[3] = { NULL, NULL, NULL };
	int r;

	gv_buf_addf(&dir, "GIT_DIR=%s", b->repo->git_dir);
	gv_buf_addf(&index, "GIT_INDEX_FILE=%s", b->index.p);
	env[0] = dir.p;
	env[1] = index.p;
	r = gv_buf_check(&dir);
	if (r == 0)
		r = gv_buf_check(&index);
	if (r == 0)
		r = gv_proc_run(p,
		    &(struct gv_proc_opts){ .argv = argv,
			.env = env,
			.in = in ? in->p : NULL,
			.in_len = in ? in->len : 0 });
	if (r == 0 && p->status)
		r = gv_err(GV_ERROR, "git %s: %s", argv[1], gv_proc_why(p));
	gv_buf_release(&dir);
	gv_buf_release(&index);
	return r;
}

/* The same for an answer of one line with an id. */
static int
ask_id(
    char hex[GV_OID_HEX + 1], const struct branch *b, const char *const *argv)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = git(&p, b, argv, NULL);

	if (r == 0 && p.out.len < GV_OID_HEX)
		r = gv_err(GV_ERROR, "git %s gave no id", argv[1]);
	if (r == 0) {
		memcpy(hex, p.out.p, GV_OID_HEX);
		hex[GV_OID_HEX] = '\0';
	}
	gv_proc_release(&p);
	return r;
}

static int
check_name(struct branch *b, const char *name)
{
	const char *check[] = { "git", "check-ref-format", "--branch", name,
		NULL };
	const char *seek[] = { "git", "rev-parse", "--verify", "--quiet",
		b->ref, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (*name == '-' || strlen(name) > 255)
		return gv_err(
		    GV_EUSAGE, "'%.255s' cannot be a branch's name", name);
	(void)snprintf(b->ref, sizeof(b->ref), "refs/heads/%s", name);
	r = git(&p, b, check, NULL);
	if (r < 0 && p.status)
		r = gv_err(GV_EUSAGE, "'%s' cannot be a branch's name", name);
	gv_proc_release(&p);
	p = (struct gv_proc)GV_PROC_INIT;
	if (r == 0 && git(&p, b, seek, NULL) == 0)
		r = gv_err(GV_EEXISTS,
		    "the branch %s is there already; name another one, or "
		    "delete it",
		    name);
	gv_proc_release(&p);
	return r;
}

static int
find_head(struct branch *b)
{
	static const char *const commit[] = { "git", "rev-parse", "--verify",
		"HEAD^{commit}", NULL };
	static const char *const tree[] = { "git", "rev-parse", "--verify",
		"HEAD^{tree}", NULL };
	int r = ask_id(b->head, b, commit);

	if (r < 0)
		return gv_err(GV_EREFUSED,
		    "HEAD is no commit yet that a branch could go on from");
	return ask_id(b->tree, b, tree);
}

/* "MODE TYPE ID TAB PATH" by the path, NUL behind each. */
static int
list_head(struct branch *b)
{
	const char *argv[] = { "git", "ls-tree", "-r", "-z", "--full-tree",
		b->head, NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *line, *tab;
	int r = git(&p, b, argv, NULL);

	if (r == 0) {
		gv_buf_add(&b->listing, p.out.p, p.out.len);
		r = gv_buf_check(&b->listing);
	}
	gv_proc_release(&p);
	if (r < 0)
		return r;
	for (line = b->listing.p; line < b->listing.p + b->listing.len;
	     line += strlen(line) + 1) {
		tab = strchr(line, '\t');
		if (tab &&
		    gv_map_put(&b->files, tab + 1, strlen(tab + 1), line) < 0)
			return gv_err_nomem();
	}
	return 0;
}

/* Lines for update-index: what is withheld of is as HEAD has it. */
static int
add_kept(struct gv_buf *out, struct branch *b, const struct gv_given *given)
{
	const struct gv_given_file *file;
	size_t i;

	for (i = 0; (file = gv_given_at(given, i)); i++) {
		const struct gv_withheld_entry *e = &file->entries[0];
		const char *line = gv_map_get(&b->files, e->path, e->path_len);

		if (line)
			gv_buf_add(out, line, strlen(line));
		else {
			gv_buf_addstr(out, "0 " NO_OID "\t");
			gv_buf_add(out, e->path, e->path_len);
		}
		gv_buf_addch(out, '\0');
		b->kept++;
	}
	return gv_buf_check(out);
}

static int
fill_index(struct branch *b, const struct gv_record *rec)
{
	static const char *const update[] = { "git", "update-index", "-z",
		"--index-info", NULL };
	char hex[GV_OID_HEX + 1];
	const char *read[] = { "git", "read-tree", hex, NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf lines = GV_BUF_INIT;
	struct gv_given *given = NULL;
	struct gv_odb *odb;
	int r;

	gv_oid_format(hex, &b->good->code_tree);
	r = gv_repo_odb(b->repo, &odb);
	if (r == 0)
		r = gv_given_load(&given, odb, rec, GV_GIVEN_TREE);
	if (r == 0 && git(&p, b, read, NULL) < 0)
		r = gv_err(GV_ENOTFOUND,
		    "the code of record %u of %s is not here; fetch its commit",
		    b->good->n, b->good->env);
	gv_proc_release(&p);
	p = (struct gv_proc)GV_PROC_INIT;
	if (r == 0)
		r = list_head(b);
	if (r == 0)
		r = add_kept(&lines, b, given);
	if (r == 0 && lines.len)
		r = git(&p, b, update, &lines);
	gv_proc_release(&p);
	gv_given_free(given);
	gv_buf_release(&lines);
	return r;
}

static int
commit(struct gv_oid *out, const struct branch *b)
{
	static const char *const write[] = { "git", "write-tree", NULL };
	char tree[GV_OID_HEX + 1], hex[GV_OID_HEX + 1], code[GV_OID_HEX + 1];
	const char *make[] = { "git", "commit-tree", "-p", b->head, "-m", NULL,
		tree, NULL };
	const char *name[] = { "git", "update-ref", "-m", "git vault rollback",
		b->ref, hex, NO_OID, NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf message = GV_BUF_INIT;
	int r = ask_id(tree, b, write);

	if (r == 0 && strcmp(tree, b->tree) == 0)
		r = gv_err(GV_EREFUSED,
		    "the code of record %u of %s is what HEAD has already; no "
		    "branch is made",
		    b->good->n, b->good->env);
	gv_oid_format(code, &b->good->code);
	gv_buf_addf(&message,
	    "Roll %s back to known-good record %u\n\nThe code of commit %s.\n",
	    b->good->env, b->good->n, code);
	if (r == 0)
		r = gv_buf_check(&message);
	make[5] = message.p;
	if (r == 0)
		r = ask_id(hex, b, make);
	if (r == 0)
		r = git(&p, b, name, NULL);
	if (r == 0)
		r = gv_oid_parse(out, hex);
	gv_proc_release(&p);
	gv_buf_release(&message);
	return r;
}

static void
remove_index(const struct branch *b)
{
	struct gv_buf lock = GV_BUF_INIT;

	gv_buf_addf(&lock, "%s.lock", b->index.p);
	if (gv_buf_check(&lock) == 0)
		gv_file_remove_tree(AT_FDCWD, lock.p);
	gv_file_remove_tree(AT_FDCWD, b->index.p);
	gv_buf_release(&lock);
}

static int
run(struct gv_rollback_branch *out, struct branch *b,
    const struct gv_record *rec, const char *name)
{
	int r = check_name(b, name);

	if (r == 0)
		r = find_head(b);
	if (r == 0)
		r = fill_index(b, rec);
	if (r == 0)
		r = commit(&out->commit, b);
	out->kept = b->kept;
	return r;
}

int
gv_rollback_branch(struct gv_rollback_branch *out, struct gv_repo *repo,
    const struct gv_good *good, const struct gv_record *rec, const char *name)
{
	struct branch b = { .repo = repo, .good = good };
	struct gv_rollback *job;
	int r;

	b.index = b.listing = (struct gv_buf)GV_BUF_INIT;
	if (gv_oid_is_zero(&good->code))
		return gv_err(GV_EREFUSED, "record %u of %s is of no commit",
		    good->n, good->env);
	if (!rec->id[0])
		return gv_err(GV_EREFUSED,
		    "record %u of %s is of no snapshot, so which of its files "
		    "hold secrets is not known; 'git revert' makes such a "
		    "commit",
		    good->n, good->env);
	r = gv_rollback_open(&job, repo);
	if (r < 0)
		return r;
	gv_buf_addf(&b.index, "%s/rollback/index", repo->vault_dir);
	r = gv_buf_check(&b.index);
	if (r == 0) {
		remove_index(&b); /* of one that was killed */
		r = run(out, &b, rec, name);
		remove_index(&b);
	}
	gv_rollback_close(job);
	gv_map_release(&b.files);
	gv_buf_release(&b.listing);
	gv_buf_release(&b.index);
	return r;
}
