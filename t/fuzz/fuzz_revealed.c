/*
 * Files of a snapshot with what it withholds put back, by any list: what comes
 * is the stored bytes with the values at the places that the list says, or a
 * failure. The safe is a stand-in: the first byte of an id says how long its
 * value is, the second whether it can be had.
 *
 *	n; n times, four bytes each: how much text stands before the
 *	placeholder, two bytes of the id, the kind; a byte to change the file
 *	by; the rest is the text. With n over MOST all behind it is the list,
 *	up to a NUL, then the file.
 */
#include "fuzz.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "object/odb.h"
#include "object/pack.h"
#include "record/record.h"
#include "repo/repo.h"
#include "safe/safe_reader.h"
#include "seal/withheld.h"
#include "view/revealed.h"

#define MOST 16

static char dir[64], pack_dir[72];

/* ---- the safe ---- */

enum fate { OPENS, NO_KEY, GONE, DAMAGED, DAMAGED_LATE, FATES };

static enum fate
fate_of(const struct gv_digest *id)
{
	return id->bytes[1] % FATES;
}

static void
value_of(struct gv_buf *out, const struct gv_digest *id)
{
	size_t i, len = id->bytes[0];

	for (i = 0; i < len; i++)
		gv_buf_addch(out, (char)(id->bytes[1] + i));
}

int
gv_safe_reader_new(struct gv_safe_reader **out, struct gv_safe *safe)
{
	*out = (struct gv_safe_reader *)safe;
	return 0;
}

void
gv_safe_reader_free(struct gv_safe_reader *r)
{
	(void)r;
}

int
gv_safe_read(struct gv_safe_reader *r, const struct gv_safe_place *place,
    gv_age_sink *sink, void *ctx)
{
	struct gv_buf value = GV_BUF_INIT;
	int e = 0;

	(void)r;
	value_of(&value, &place->id);
	switch (fate_of(&place->id)) {
	case NO_KEY:
		e = gv_err(GV_ENOKEY, "no key");
		break;
	case GONE:
		e = gv_err(GV_ENOTFOUND, "gone");
		break;
	case DAMAGED:
		e = gv_err(GV_ECORRUPT, "damaged");
		break;
	case DAMAGED_LATE:
		e = sink(ctx, value.p, value.len / 2);
		if (e == 0)
			e = gv_err(GV_ECORRUPT, "damaged");
		break;
	default:
		e = sink(ctx, value.p, value.len);
	}
	gv_buf_release(&value);
	return e;
}

static int
append(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(ctx, data, len);
}

int
gv_safe_get(struct gv_safe_reader *r, struct gv_secret *out,
    const struct gv_safe_place *place)
{
	return gv_safe_read(r, place, append, out);
}

/* ---- a repository of one file and its list ---- */

struct stored {
	struct gv_pack *pack; /* gone when it is freed, since nobody keeps it */
	struct gv_odb *odb;
	struct gv_oid file;
	struct gv_record rec;
};

static void
clean(void)
{
	rmdir(pack_dir);
	rmdir(dir);
}

static void
prepare(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(
	    dir, sizeof(dir), "%.40s/fuzz_revealed.XXXXXX", tmp ? tmp : "/tmp");
	must(mkdtemp(dir) != NULL);
	snprintf(pack_dir, sizeof(pack_dir), "%s/pack", dir);
	must(mkdir(pack_dir, 0777) == 0);
	atexit(clean);
}

static void
add_entry(struct gv_buf *tree, const char *name, const struct gv_oid *id)
{
	gv_buf_addf(tree, "100644 %s", name);
	gv_buf_addch(tree, '\0');
	gv_buf_add(tree, id->id, sizeof(id->id));
}

static void
store(struct stored *s, const struct gv_buf *list, const struct gv_buf *file)
{
	const struct gv_repo repo = { .objects_dir = dir };
	const struct gv_pack_opts opts = { .objects_dir = dir,
		.no_sync = true };
	struct gv_pack_lane *lane;
	struct gv_pack_result result;
	struct gv_buf meta = GV_BUF_INIT;
	struct gv_oid id;

	memset(s, 0, sizeof(*s));
	must(gv_pack_open(&s->pack, &opts) == 0);
	must(gv_pack_lane_open(&lane, s->pack) == 0);
	must(gv_pack_add(lane, &id, GV_OTYPE_BLOB, list->p, list->len, NULL) ==
	    0);
	must(gv_pack_add(
		 lane, &s->file, GV_OTYPE_BLOB, file->p, file->len, NULL) == 0);
	add_entry(&meta, GV_REVEALED_INDEX_LIST, &id);
	add_entry(&meta, GV_REVEALED_LIST, &id);
	must(gv_pack_add(lane, &s->rec.meta, GV_OTYPE_TREE, meta.p, meta.len,
		 NULL) == 0);
	must(gv_pack_lane_close(lane) == 0);
	must(gv_pack_finish(s->pack, &result) == 0);
	must(gv_odb_open(&s->odb, &repo) == 0);
	gv_buf_release(&meta);
}

static void
drop(struct stored *s)
{
	gv_odb_close(s->odb);
	gv_pack_free(s->pack);
}

/* ---- what must come of it ---- */

/* One value, or its placeholder where there is none to be had; how it went. */
static enum fate
add_value(struct gv_buf *out, const struct gv_withheld_entry *e,
    const char *text, bool opens)
{
	enum fate fate =
	    e->kind == GV_WITHHELD_STATE ? GONE : fate_of(&e->place.id);

	if (opens && fate == OPENS)
		value_of(out, &e->place.id);
	else
		gv_buf_add(out, text, (size_t)e->place.len);
	return opens ? fate : NO_KEY;
}

/* What the file is with its values. Whether the list fits it. */
static bool
expect(struct gv_buf *out, struct gv_revealed_left *left,
    const struct gv_revealed_file *f, const struct gv_buf *file, bool opens)
{
	char text[GV_REDACT_MAX];
	size_t at = 0, i;
	enum fate fate;

	for (i = 0; i < f->n; i++) {
		const struct gv_withheld_entry *e = &f->entries[i];

		gv_redact_placeholder(text, e->place.rule, &e->place.id);
		if (e->place.at < at || e->place.at > file->len ||
		    e->place.len > file->len - e->place.at ||
		    memcmp(file->p + e->place.at, text, (size_t)e->place.len) !=
			0)
			return false;
		if (e->kind != GV_WITHHELD_SPAN && e->place.len != file->len)
			return false;
		gv_buf_add(out, file->p + at, (size_t)e->place.at - at);
		fate = add_value(out, e, text, opens);
		left->sealed += fate == NO_KEY;
		left->damaged += fate > NO_KEY;
		at = (size_t)(e->place.at + e->place.len);
	}
	gv_buf_add(out, file->p + at, file->len - at);
	return true;
}

static int
put(void *ctx, const void *data, size_t len)
{
	gv_buf_add(ctx, data, len);
	return gv_buf_check(ctx);
}

static void
stream(struct stored *s, const struct gv_revealed_file *f,
    const struct gv_buf *file, bool opens)
{
	const struct gv_revealed_what what = { .file = f, .oid = s->file };
	struct gv_revealed_left left, want = { 0 };
	struct gv_buf out = GV_BUF_INIT, expected = GV_BUF_INIT;
	struct gv_revealed_reader *reader;
	bool fits = expect(&expected, &want, f, file, opens);
	int r;

	must(gv_revealed_reader_new(
		 &reader, s->odb, opens ? (struct gv_safe *)&left : NULL) == 0);
	r = gv_revealed_stream(&left, reader, &what, put, &out);
	must(r == 0 || r == GV_ECORRUPT);
	if (r == 0) {
		must(fits);
		must(left.sealed == want.sealed);
		must(left.damaged == want.damaged);
		must((left.scope != NULL) == (left.sealed + left.damaged > 0));
		must((*left.reason != '\0') == (left.damaged > 0));
		must_be(&out, expected.p, expected.len);
	} else {
		/* of one large value half was given when its damage was seen */
		must(!fits || (left.damaged == 1 && f->n == 1));
	}
	must(gv_revealed_try(&left, reader, &what) == r);
	gv_revealed_reader_free(reader);
	gv_buf_release(&out);
	gv_buf_release(&expected);
}

static void
check(const struct gv_buf *list, const struct gv_buf *file)
{
	const struct gv_revealed_file *f;
	struct gv_revealed *g = NULL, *tree = NULL;
	struct stored s;
	size_t i, n = 0;
	int r;

	store(&s, list, file);
	r = gv_revealed_load(&g, s.odb, &s.rec, GV_REVEALED_INDEX);
	must(r == (g ? 0 : GV_ECORRUPT));
	for (i = 0; (f = gv_revealed_at(g, i)); i++) {
		must(gv_revealed_find(
			 g, f->entries->path, f->entries->path_len) == f);
		n += f->n;
		stream(&s, f, file, true);
		stream(&s, f, file, false);
	}
	must(n == gv_revealed_count(g));
	if (g) {
		s.rec.secrets = n;
		must(gv_revealed_load(&tree, s.odb, &s.rec, GV_REVEALED_TREE) ==
		    0);
		gv_revealed_free(tree);
		s.rec.secrets = n + 1;
		must(gv_revealed_load(&tree, s.odb, &s.rec, GV_REVEALED_TREE) ==
		    GV_ECORRUPT);
	}
	gv_revealed_free(g);
	drop(&s);
}

/* ---- the input ---- */

static const char *
take_text(struct gv_buf *file, const char *text, size_t n, const char *end)
{
	if (n > (size_t)(end - text))
		n = (size_t)(end - text);
	gv_buf_add(file, text, n);
	return text + n;
}

static void
make_entry(struct gv_withheld *list, struct gv_buf *file, const uint8_t *how)
{
	static const enum gv_withheld_kind kinds[] = { GV_WITHHELD_SPAN,
		GV_WITHHELD_SPAN, GV_WITHHELD_FILE, GV_WITHHELD_STATE };
	struct gv_withheld_entry e = { .kind = kinds[how[3] % 4],
		.place = { .at = file->len,
		    .rule = how[3] & 4 ? "one" : "the-other" },
		.scope = how[3] & 8 ? "prod" : "dev",
		.path = "a",
		.path_len = 1 };
	char text[GV_REDACT_MAX];

	e.place.id.bytes[0] = how[1];
	e.place.id.bytes[1] = how[2];
	e.place.len = gv_redact_placeholder(text, e.place.rule, &e.place.id);
	if (gv_withheld_add(list, &e) == 0)
		gv_buf_add(file, text, (size_t)e.place.len);
}

static void
make(struct gv_buf *list, struct gv_buf *file, const uint8_t *data, size_t len)
{
	struct gv_withheld entries = GV_WITHHELD_INIT;
	size_t n = data[0], i;
	const char *text = (const char *)data + 2 + 4 * n;
	const char *end = (const char *)data + len;
	uint8_t change = data[1 + 4 * n];

	for (i = 0; i < n; i++) {
		text = take_text(file, text, data[1 + 4 * i], end);
		make_entry(&entries, file, data + 1 + 4 * i);
	}
	take_text(file, text, (size_t)(end - text), end);
	if (change && file->len)
		file->p[change % file->len] ^= (char)change;
	if (gv_withheld_write(list, &entries) < 0)
		gv_buf_reset(list);
	gv_withheld_release(&entries);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf list = GV_BUF_INIT, file = GV_BUF_INIT;
	const uint8_t *nul;

	if (*dir == '\0')
		prepare();
	if (len == 0)
		return 0;
	if (data[0] <= MOST && len < 2 + 4 * (size_t)data[0])
		return 0;
	if (data[0] <= MOST) {
		make(&list, &file, data, len);
	} else {
		nul = memchr(data, '\0', len);
		gv_buf_add(
		    &list, data + 1, (nul ? (size_t)(nul - data) : len) - 1);
		if (nul)
			gv_buf_add(
			    &file, nul + 1, len - 1 - (size_t)(nul - data));
	}
	if (gv_buf_check(&list) == 0 && gv_buf_check(&file) == 0)
		check(&list, &file);
	gv_buf_release(&list);
	gv_buf_release(&file);
	return 0;
}
