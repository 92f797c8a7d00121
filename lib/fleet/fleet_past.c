#include "fleet/fleet_past.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "format/unjson.h"

#define DAY ((int64_t)24 * 60 * 60)

/* How long a success of before counts while no ref moves. Disks rot and copies
 * are lost without that, so it is done again after a while; a remote may have
 * changed at any time, and files do without a ref. */
static const struct {
	const char *name;
	int64_t counts;
} verbs[GV_FLEET_VERBS] = {
	[GV_FLEET_STATUS] = { "status", 0 },
	[GV_FLEET_SNAPSHOT] = { "snapshot", 0 },
	[GV_FLEET_VERIFY] = { "verify", 30 * DAY },
	[GV_FLEET_SYNC] = { "sync", 0 },
	[GV_FLEET_REPLICATE] = { "replicate", 7 * DAY },
	[GV_FLEET_DRILL] = { "drill", 30 * DAY },
};

const char *
gv_fleet_verb_name(enum gv_fleet_verb verb)
{
	return verb < GV_FLEET_VERBS ? verbs[verb].name : NULL;
}

/* ---- the table ----------------------------------------------------------- */

/* Where to begin to look for a key. Keys are as good as random; the first bytes
 * choose the shard, so that these say nothing here. */
static size_t
place_of(const struct gv_fleet_past *past, const struct gv_shard_key *key)
{
	return (size_t)gv_enc_number(key->bytes + 8, 8) & (past->cap - 1);
}

/* Where the key is, or would be. */
static struct gv_fleet_entry *
find(const struct gv_fleet_past *past, const struct gv_shard_key *key)
{
	size_t i = place_of(past, key);

	for (;; i = (i + 1) & (past->cap - 1)) {
		struct gv_fleet_entry *e = &past->entries[i];

		if (!e->is_used || memcmp(&e->key, key, sizeof(*key)) == 0)
			return e;
	}
}

/* Take out an entry that is where it was before the table grew, and put it
 * where it is sought now. One in its way that is to move, too, gives way. */
static void
move(struct gv_fleet_past *past, size_t from)
{
	struct gv_fleet_entry e = past->entries[from], next;
	size_t i;

	memset(&past->entries[from], 0, sizeof(e));
	for (;;) {
		e.is_old = false;
		i = place_of(past, &e.key);
		while (past->entries[i].is_used && !past->entries[i].is_old)
			i = (i + 1) & (past->cap - 1);
		next = past->entries[i];
		past->entries[i] = e;
		if (!next.is_used)
			return;
		e = next;
	}
}

/* In place, so that there are never two tables: of a million entries one takes
 * 48 MiB. */
static int
grow(struct gv_fleet_past *past)
{
	const size_t was = past->cap, cap = was ? 2 * was : 64;
	struct gv_fleet_entry *entries =
	    realloc(past->entries, cap * sizeof(*entries));
	size_t i;

	if (entries == NULL)
		return gv_err_nomem();
	memset(entries + was, 0, (cap - was) * sizeof(*entries));
	past->entries = entries;
	past->cap = cap;
	for (i = 0; i < was; i++)
		entries[i].is_old = entries[i].is_used;
	for (i = 0; i < was; i++)
		if (entries[i].is_old)
			move(past, i);
	return 0;
}

static int
put(struct gv_fleet_entry **out, struct gv_fleet_past *past,
    const struct gv_shard_key *key)
{
	int r;

	/* a full table is slow, but a million fit into 2^20 places */
	if (past->n >= past->cap - past->cap / 32 && (r = grow(past)) < 0)
		return r;
	*out = find(past, key);
	if ((*out)->is_used)
		return 0;
	if (past->n == GV_FLEET_MAX)
		return gv_err(GV_EREFUSED,
		    "these are more than %zu repositories, too many for one "
		    "run; share them between several with --shard",
		    GV_FLEET_MAX);
	(*out)->key = *key;
	(*out)->is_used = true;
	past->n++;
	return 0;
}

int
gv_fleet_past_take(struct gv_fleet_past *past, const struct gv_shard_key *key)
{
	struct gv_fleet_entry *e;
	int r = put(&e, past, key);

	if (r < 0)
		return r;
	if (e->is_taken)
		return 0;
	e->is_taken = true;
	return 1;
}

void
gv_fleet_past_release(struct gv_fleet_past *past)
{
	free(past->entries);
	memset(past, 0, sizeof(*past));
}

/* ---- lines --------------------------------------------------------------- */

static void
end_round(struct gv_fleet_past *past)
{
	size_t i;

	for (i = 0; i < past->cap; i++)
		past->entries[i].is_taken = false;
}

/* The success of a line, if it is one. */
static void
take_success(struct gv_fleet_entry *e, const struct gv_unjson_node *line)
{
	const char *refs = gv_unjson_get_text(line, "refs");
	const char *since = gv_unjson_get_text(line, "since");
	unsigned char digest[GV_FLEET_DIGEST];
	int64_t time;

	if (gv_unjson_count(gv_unjson_get(line, "exit")) != 0 || refs == NULL ||
	    since == NULL || strlen(refs) != sizeof(digest) * 2 ||
	    gv_enc_unhex(digest, refs, sizeof(digest)) < 0 ||
	    gv_time_parse_rfc3339(&time, since) < 0 || time <= 0)
		return;
	memcpy(e->refs, digest, sizeof(digest));
	e->time = time;
}

/* A path that is no UTF-8 has two members, and is stored by neither. */
static const char *
path_of(const struct gv_unjson_node *line)
{
	if (gv_unjson_get(line, "path_base64"))
		return NULL;
	return gv_unjson_get_text(line, "path");
}

static int
take_line(struct gv_fleet_past *past, const struct gv_unjson_node *line,
    enum gv_fleet_verb verb, bool is_round)
{
	const char *command = gv_unjson_get_text(line, "command");
	const struct gv_unjson_node *complete = gv_unjson_get(line, "complete");
	const char *path = path_of(line);
	struct gv_shard_key key;
	struct gv_fleet_entry *e;
	int r;

	if (command == NULL || strcmp(command, verbs[verb].name) != 0)
		return GV_ENOTFOUND;
	if (complete) {
		if (is_round && complete->kind == GV_UNJSON_TRUE)
			end_round(past);
		return 0;
	}
	if (path == NULL)
		return GV_ENOTFOUND;
	key = gv_shard_key(path);
	if ((r = put(&e, past, &key)) < 0)
		return r;
	e->is_taken |= is_round;
	e->time = 0;
	take_success(e, line);
	return 0;
}

int
gv_fleet_past_add(struct gv_fleet_past *past, char *line, size_t len,
    enum gv_fleet_verb verb, bool is_round)
{
	struct gv_unjson *doc = NULL;
	char *before = gv_err_save();
	int r;

	r = gv_unjson_parse(&doc, "report", line, len);
	if (r == 0)
		r = take_line(past, gv_unjson_root(doc), verb, is_round);
	else if (r == GV_EREFUSED)
		r = GV_ENOTFOUND;
	gv_unjson_free(doc);
	if (r == GV_ENOTFOUND) {
		past->skipped++;
		gv_err_restore(before);
		return 0;
	}
	if (r == 0)
		gv_err_restore(before);
	else
		free(before);
	return r;
}

int64_t
gv_fleet_past_time(
    const struct gv_fleet_past *past, const struct gv_shard_key *key)
{
	const struct gv_fleet_entry *e = past->cap ? find(past, key) : NULL;

	return e && e->is_used ? e->time : 0;
}

/* ---- deciding ------------------------------------------------------------ */

static bool
counts(const struct gv_fleet_past *past, const struct gv_shard_key *key,
    enum gv_fleet_verb verb, const struct gv_fleet_look *look, int64_t now)
{
	const struct gv_fleet_entry *e;

	if (!look->is_read || past->cap == 0)
		return false;
	e = find(past, key);
	/* one from the future says that a clock was wrong */
	return e->is_used && e->time > 0 && e->time <= now &&
	    now - e->time < verbs[verb].counts &&
	    memcmp(e->refs, look->refs, sizeof(e->refs)) == 0;
}

enum gv_fleet_step
gv_fleet_past_decide(const struct gv_fleet_past *past,
    const struct gv_shard_key *key, enum gv_fleet_verb verb,
    const struct gv_fleet_look *look, int64_t now)
{
	if (look->kind == GV_FLEET_MISSING || look->kind == GV_FLEET_OTHER)
		return GV_FLEET_REFUSED;
	if (look->kind == GV_FLEET_BARE && verb == GV_FLEET_SNAPSHOT)
		return GV_FLEET_NOTHING;
	if (look->kind == GV_FLEET_BARE && verb == GV_FLEET_STATUS &&
	    look->is_read)
		return GV_FLEET_READ;
	return counts(past, key, verb, look, now) ? GV_FLEET_UNCHANGED
						  : GV_FLEET_RUN;
}
