#include "snapshot/nested_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"

/* Of --identity; more are passed over. */
#define MAX_IDENTITIES 16

/* The directory in which that of the repository stands below `to`; -1 where
 * the way there leads over a link, or there is none. */
static int
open_parent(const struct gv_nested *in, const char *to)
{
	struct gv_entry_cursor cursor;
	const char *name;
	int root = gv_dir_open_root(to), dir = -1;

	if (root < 0)
		return -1;
	gv_entry_cursor_init(&cursor, root);
	if (gv_entry_cursor_parent(
		&cursor, in->path, strlen(in->path), &name) >= 0)
		dir = gv_dir_open(cursor.fd, "", 0);
	gv_entry_cursor_release(&cursor);
	gv_file_close(root);
	return dir;
}

/* The safety snapshot is what it prints first: it is shown before the rest. */
static int
note_safety(struct gv_nested *in, const struct gv_buf *printed)
{
	static const char word[] = "safety snapshot ";
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (strncmp(printed->p, word, sizeof(word) - 1) != 0)
		return 0;
	gv_buf_add(&text, printed->p, strcspn(printed->p, "\n"));
	gv_buf_addf(&text, "\n%s", in->said ? in->said : "");
	if ((r = gv_buf_check(&text)) == 0) {
		free(in->said);
		in->said = gv_buf_take(&text);
	}
	gv_buf_release(&text);
	return r;
}

static int
run(struct gv_nested *in, const struct gv_repo *repo,
    const struct gv_nested_restore *o, const char *to)
{
	const char *argv[26 + 2 * MAX_IDENTITIES] = { "git", "vault", "restore",
		"--recurse-submodules", in->id };
	const struct {
		bool is;
		const char *option;
	} flags[] = {
		{ o->delete, "--delete" },
		{ o->index, "--index" },
		{ o->dry_run, "--dry-run" },
		{ o->no_owner, "--no-owner" },
		{ o->skip_damaged, "--skip-damaged" },
		{ o->sync, "--sync" },
		{ o->no_secrets, "--no-secrets" },
		{ o->cross_scope, "--cross-scope" },
		{ o->as_stored, "--as-stored" },
	};
	struct gv_proc p = GV_PROC_INIT;
	size_t n = 5, i;
	int r;

	argv[n++] = to ? "--to" : "--in-place";
	if (to)
		argv[n++] = to;
	if (o->overwrite) {
		argv[n++] = "--overwrite";
		argv[n++] = o->overwrite;
	}
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].is)
			argv[n++] = flags[i].option;
	for (i = 0; i < o->n_identities && i < MAX_IDENTITIES; i++) {
		argv[n++] = "--identity";
		argv[n++] = o->identities[i];
	}
	if ((r = gv_nested_run(&p, repo, in->path, argv, NULL)) == 0 &&
	    (r = gv_nested_note(in, &p)) == 0)
		r = note_safety(in, &p.out);
	gv_proc_release(&p);
	return r;
}

/* The time of the directory around is that of the snapshot already. */
static int
write_to(struct gv_nested *in, const struct gv_repo *repo,
    const struct gv_nested_restore *o)
{
	struct gv_buf to = GV_BUF_INIT;
	struct gv_entry_meta meta;
	unsigned refused = 0;
	struct stat st;
	char *real = gv_entry_real_path(o->to);
	int parent = real ? open_parent(in, real) : -1, r;

	if (parent < 0 || gv_dir_stat_fd(parent, &st) < 0) {
		r = gv_err(GV_EREFUSED,
		    "the directory that it is in is not in %s", o->to);
		goto out;
	}
	meta = (struct gv_entry_meta){ .mode = st.st_mode & 07777,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
		.has_time = true,
		.mtime_s = st.st_mtim.tv_sec,
		.mtime_ns = (uint32_t)st.st_mtim.tv_nsec };
	gv_buf_addf(&to, "%s/%s", real, in->path);
	if ((r = gv_buf_check(&to)) == 0 && (r = run(in, repo, o, to.p)) == 0)
		(void)gv_entry_set(parent, &meta, meta.mode, &refused);
out:
	gv_file_close(parent);
	gv_buf_release(&to);
	free(real);
	return r;
}

int
gv_nested_restore(struct gv_nested *in, const struct gv_repo *repo,
    const struct gv_nested_restore *opts)
{
	int r = gv_nested_look_up(in, repo);

	if (r >= 0 && opts->to == NULL)
		r = run(in, repo, opts, NULL);
	else if (r >= 0 && !opts->dry_run)
		r = write_to(in, repo, opts);
	if (gv_cancel_requested())
		return gv_cancel_error();
	if (r >= 0 || r == GV_ENOMEM)
		return r < 0 ? r : 0;
	return gv_nested_fail(in);
}
