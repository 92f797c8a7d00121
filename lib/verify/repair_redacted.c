#include "verify/repair_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "record/record_load.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_reader.h"
#include "seal/withheld.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "view/revealed.h"

/*
 * A lost file of a snapshot that had placeholders. One that is nothing but a
 * placeholder follows from the list of what is withheld. Another one follows
 * from the file of the working tree if that still has the values in their
 * places, which is for who can open them to say. The id tells whether it is so.
 */
#define MAX_FILE ((size_t)64 * 1024 * 1024)

struct work {
	struct gv_repair_all *all;
	struct gv_revealed *given; /* of the snapshot of this number */
	size_t snapshot;
	bool is_loaded;
	/* opened here, since repair puts other packs under who is open */
	struct gv_safe *safe;
	struct gv_safe_reader *reader;
	bool is_shut; /* the safe could not be opened */
	struct gv_secret value;
};

static int
load(struct work *w, size_t snapshot)
{
	struct gv_repair_run *run = w->all->run;
	struct gv_record rec = { 0 };
	int r;

	if (w->is_loaded && w->snapshot == snapshot)
		return 0;
	gv_revealed_free(w->given);
	w->given = NULL;
	w->is_loaded = true;
	w->snapshot = snapshot;
	if ((r = gv_record_load(
		 &rec, run->repo, &w->all->refs.refs[snapshot].oid)) == 0)
		r = gv_revealed_load(
		    &w->given, run->odb, &rec, GV_REVEALED_TREE);
	gv_record_release(&rec);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

static int
offer(struct work *w, const struct gv_repair_place *place,
    const struct gv_buf *bytes, const char *source)
{
	const struct gv_object obj = { .type = GV_OTYPE_BLOB,
		.data = (const unsigned char *)bytes->p,
		.len = bytes->len };
	struct gv_oid oid;
	int r = gv_buf_check(bytes);

	if (r == 0)
		r = gv_oid_of(&oid, GV_OTYPE_BLOB, bytes->p, bytes->len);
	if (r < 0 || !gv_oid_equal(&oid, &place->item->oid))
		return r;
	return gv_repair_offer(w->all->run, &oid, &obj, source, "");
}

static void
add_placeholder(struct gv_buf *out, const struct gv_withheld_entry *e)
{
	char text[GV_REDACT_MAX];

	gv_buf_add(out, text,
	    gv_redact_placeholder(text, e->place.rule, &e->place.id));
}

/* Have a reader: 1, 0 where nothing can be opened, negative. */
static int
need_reader(struct work *w)
{
	const struct gv_repair_run *run = w->all->run;
	int r;

	if (w->reader)
		return 1;
	if (run->opts->safe == NULL || w->is_shut)
		return 0;
	if ((r = gv_safe_open(&w->safe, run->repo, run->opts->safe)) == 0)
		r = gv_safe_reader_new(&w->reader, w->safe);
	w->is_shut = r < 0;
	return r == 0 ? 1 : r == GV_ENOMEM ? r : 0;
}

/* Open the value of a place: 1, 0 where it is not to be had, negative. */
static int
get_value(struct work *w, const struct gv_withheld_entry *e)
{
	const struct gv_safe_place place = {
		.scope = e->scope, .id = e->place.id, .object = e->object
	};
	int r = e->kind == GV_WITHHELD_STATE ? 0 : need_reader(w);

	if (r <= 0)
		return r;
	gv_secret_reset(&w->value);
	r = gv_safe_get(w->reader, &w->value, &place);
	return r == 0 ? 1 : r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* The file as it was stored, out of it as it is: 1, 0 where its values do not
 * stand in their places, negative. */
static int
redact(struct gv_buf *out, struct work *w, const struct gv_buf *clear,
    const struct gv_revealed_file *file)
{
	uint64_t end = 0;
	size_t at = 0, i, n;
	int r;

	for (i = 0; i < file->n; i++) {
		const struct gv_withheld_entry *e = &file->entries[i];

		if (e->place.at - end > clear->len - at)
			return 0;
		n = (size_t)(e->place.at - end);
		gv_buf_add(out, clear->p + at, n);
		at += n;
		r = get_value(w, e);
		if (r <= 0)
			return r;
		if (w->value.len > clear->len - at ||
		    memcmp(clear->p + at, w->value.p, w->value.len) != 0)
			return 0;
		add_placeholder(out, e);
		at += w->value.len;
		end = e->place.at + e->place.len;
	}
	gv_buf_add(out, clear->p + at, clear->len - at);
	return 1;
}

int
gv_repair_revealed_read(
    struct gv_buf *out, const struct gv_repo *repo, const char *path)
{
	int root = repo->worktree ? gv_dir_open_root(repo->worktree) : -1;
	struct stat st;
	ssize_t n = -1;
	int fd;

	if (root < 0)
		return GV_ENOTFOUND;
	/* no link on the way is followed */
	fd = gv_dir_open_file(root, path, strlen(path));
	if (fd >= 0 && gv_dir_stat_fd(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size <= MAX_FILE &&
	    gv_buf_grow(out, (size_t)st.st_size + 1) == 0)
		n = gv_file_read_full(fd, out->p, (size_t)st.st_size);
	if (n >= 0)
		out->len = (size_t)n;
	gv_file_close(fd);
	gv_file_close(root);
	return n < 0 ? GV_ENOTFOUND : 0;
}

static int
make(struct work *w, const struct gv_repair_place *place, const char *path)
{
	const struct gv_revealed_file *file =
	    gv_revealed_find(w->given, path, strlen(path));
	struct gv_buf bytes = GV_BUF_INIT, clear = GV_BUF_INIT;
	int r = 0;

	if (file == NULL)
		return 0;
	if (file->n == 1 && file->places->at == 0) {
		add_placeholder(&bytes, file->entries);
		r = offer(w, place, &bytes,
		    "computed from the list of encrypted secrets");
	}
	gv_buf_reset(&bytes);
	if (r == 0 &&
	    gv_repair_revealed_read(&clear, w->all->run->repo, path) == 0) {
		r = redact(&bytes, w, &clear, file);
		if (r > 0)
			r = offer(w, place, &bytes,
			    "working tree, with its secrets encrypted");
	}
	gv_buf_release(&bytes);
	gv_buf_release(&clear);
	return r < 0 ? r : 0;
}

int
gv_repair_revealed(struct gv_repair_all *all)
{
	struct gv_repair_run *run = all->run;
	struct work w = { .all = all, .value = GV_SECRET_INIT };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->n_places; i++) {
		const struct gv_repair_place *p = &run->places[i];

		if (p->item->found || p->len < 6 ||
		    memcmp(p->path, "tree/", 5) != 0 ||
		    (p->item->type && p->item->type != GV_OTYPE_BLOB))
			continue;
		gv_buf_reset(&path);
		gv_buf_add(&path, p->path + 5, p->len - 5);
		if ((r = gv_buf_check(&path)) == 0 &&
		    (r = load(&w, p->snapshot)) == 0)
			r = make(&w, p, path.p);
	}
	gv_revealed_free(w.given);
	gv_safe_reader_free(w.reader);
	gv_safe_close(w.safe);
	gv_secret_release(&w.value);
	gv_buf_release(&path);
	return r;
}
