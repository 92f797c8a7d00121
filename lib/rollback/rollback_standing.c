#include "rollback/rollback_standing.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "good/good_deployed.h"
#include "record/good.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "rollback/rollback.h"
#include "rollback/rollback_paths.h"
#include "sys/dir.h"
#include "sys/file.h"

/* Take the note if it is about files of the environment. A damaged note is
 * skipped. */
static int
consider(struct gv_rollback_note *best, const struct gv_repo *repo,
    const char *env, const char *id)
{
	struct gv_rollback_note note;
	int r = gv_rollback_load(&note, repo, id);

	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	if (strcmp(note.env, env) != 0 || note.snapshot[0] == '\0') {
		gv_rollback_note_release(&note);
		return 0;
	}
	gv_rollback_note_release(best);
	*best = note;
	return 0;
}

/* Find the newest note of the environment. A rollback that was undone has none.
 * out->id is "" if there is no note. */
static int
find_last(
    struct gv_rollback_note *out, const struct gv_repo *repo, const char *env)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf dir = GV_BUF_INIT;
	size_t i;
	int fd = -1, r;

	gv_buf_addf(&dir, "%s/rollback", repo->vault_dir);
	if ((r = gv_buf_check(&dir)) < 0)
		goto out;
	fd = gv_dir_open_root(dir.p);
	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		goto out;
	for (i = 0; r == 0 && i < names.n; i++) {
		const char *id = names.names[i].name;

		if (gv_record_is_id(id, names.names[i].len) &&
		    strcmp(id, out->id) > 0)
			r = consider(out, repo, env, id);
	}
out:
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&dir);
	return r;
}

/* Whether HEAD is still the commit that the rollback was run on: 1, 0, or a
 * failure. The safety snapshot names that commit; without it the answer is 0.
 */
static int
is_at_head(const struct gv_rollback_note *note, struct gv_repo *repo)
{
	struct gv_record safety = { 0 };
	int r = gv_record_resolve(
	    &safety, repo, &(struct gv_record_query){ .text = note->id });
	bool is = r == 0 && gv_oid_equal(&safety.base, &repo->head);

	gv_record_release(&safety);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : is;
}

static int
differs(struct gv_buf *path, struct gv_repo *repo,
    const struct gv_rollback_note *note, const struct gv_record *now)
{
	struct gv_rollback_paths paths = GV_ROLLBACK_PATHS_INIT;
	struct gv_buf stray = GV_BUF_INIT;
	int r =
	    note->scope ? gv_rollback_paths_load(&paths, repo, note->id) : 0;

	/* without a list of paths, compare all files */
	if (r == GV_ENOMEM)
		goto out;
	r = gv_good_is_as_committed(&stray, repo, now, &repo->head,
	    r == 0 && note->scope ? gv_rollback_paths_has : NULL, &paths);
	if (r != 0 || stray.len == 0) {
		r = r < 0 ? r : 0;
		goto out;
	}
	gv_path_quote(path, stray.p, stray.len);
	r = gv_buf_check(path);
	r = r < 0 ? r : 1;
out:
	gv_buf_release(&stray);
	gv_rollback_paths_release(&paths);
	return r;
}

int
gv_rollback_stands(struct gv_rollback_standing *out, struct gv_repo *repo,
    const char *env, const struct gv_record *now)
{
	struct gv_rollback_note note = { .env = NULL };
	char *before = gv_err_save();
	int r;

	*out = (struct gv_rollback_standing){ .path = GV_BUF_INIT };
	if ((r = find_last(&note, repo, env)) == 0 && note.id[0] &&
	    !note.undoes[0])
		r = is_at_head(&note, repo);
	if (r > 0)
		r = differs(&out->path, repo, &note, now);
	out->record = note.record;
	gv_rollback_note_release(&note);
	if (r < 0) {
		gv_rollback_standing_release(out);
		free(before);
		return r;
	}
	gv_err_restore(before);
	return r;
}

void
gv_rollback_standing_release(struct gv_rollback_standing *standing)
{
	gv_buf_release(&standing->path);
}
