#include "toolstate/state_internal.h"

#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/memory.h"

/*
 * What Helm 3 keeps of a release: JSON, packed by gzip, in base64; once more in
 * base64 where a Secret has it.
 *
 *	{ "name", "version": 7, "namespace", "info": { "status", "notes",
 *	  "first_deployed", … }, "chart": { "metadata": { "name", "version",
 *	    "appVersion", … }, "values": {…}, "templates": […], … },
 *	  "config": {…}, "manifest": "---…", "hooks": […] }
 *
 * It is opened for what it says, and wiped. What tells nothing that a cluster's
 * users must not know is given as it stands; all else (values that were set,
 * the manifest, notes) is sensitive, and only a hash of it stands for it: that
 * it has changed is seen, and no value outlives the look.
 */

#define PACKED_MAX ((size_t)2 << 20)  /* a cluster keeps 1.5 MiB */
#define OPEN_MAX   ((size_t)64 << 20) /* bytes of the JSON */
#define CLEAR_MAX  4096 /* bytes of a value that is given as it stands */

struct bytes {
	unsigned char *p;
	size_t len, size;
};

static int
get(struct bytes *b, const struct gv_state_items *items, size_t size)
{
	b->p = gv_memory_get(items->source->memory, size);
	b->size = size;
	return b->p ? 0 : GV_ENOMEM;
}

static void
put(struct bytes *b, const struct gv_state_items *items)
{
	if (b->p)
		gv_memory_put(items->source->memory, b->p, b->size);
	b->p = NULL;
}

static bool
is_gzip(const struct bytes *b)
{
	return b->len > 18 && b->p[0] == 0x1f && b->p[1] == 0x8b;
}

/* The text decoded, twice where once is not enough; false: it is no such text.
 */
static bool
decode(struct bytes *b, const char *packed, size_t len)
{
	int64_t n = gv_enc_unbase64_to(b->p, packed, len);

	b->len = n > 0 ? (size_t)n : 0;
	if (n <= 0 || is_gzip(b))
		return n > 0;
	/* three bytes for four, so that it does not overtake itself */
	n = gv_enc_unbase64_to(b->p, (const char *)b->p, b->len);
	b->len = n > 0 ? (size_t)n : 0;
	return is_gzip(b);
}

/* How long it says that it is: the last four bytes, the lowest first. */
static size_t
size_of(const struct bytes *b)
{
	const unsigned char *p = b->p + b->len - 4;

	return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
	    (size_t)p[3] << 24;
}

/* ---- what it says ---- */

static int
add(struct gv_state_items *items, const char *word,
    const struct gv_jsontext_token *t, const char *text, size_t len,
    unsigned marks)
{
	struct gv_jsontext_token copy = *t;

	copy.kind = GV_JSONTEXT_NUMBER; /* a text has its quotes in it */
	copy.p = gv_arena_copy(&items->words, text, len);
	copy.len = len;
	return copy.p ? gv_state_items_named(items, word, NULL, &copy, marks)
		      : GV_ENOMEM;
}

static int
add_hash(struct gv_state_items *items, const char *word,
    const struct gv_jsontext_token *t, const char *text, size_t len)
{
	uint64_t hash = gv_state_hash(text, len);
	unsigned char bytes[8];
	char hex[2 * sizeof(bytes) + 1];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(hash >> 8 * i);
	gv_enc_hex(hex, bytes, sizeof(bytes));
	return add(items, word, t, hex, 2 * sizeof(bytes), GV_STATE_SENSITIVE);
}

/* Whether a key is one of these names. */
static bool
is_among(const struct gv_jsontext_token *t, const char *const names[])
{
	for (; *names; names++)
		if (gv_jsontext_is(t->key, t->key_len, t->key_escaped, *names))
			return true;
	return false;
}

/* The members of a map of the release. */
struct part {
	const char *word;                        /* before their names */
	const char *const *clear, *const *apart; /* NULL behind the last */
};

static int
add_part(struct gv_state_items *items, const struct part *part,
    const struct gv_jsontext_token *map)
{
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	const char *text;
	size_t len;
	int r = 0;

	gv_jsontext_init(&j, map->p, map->len);
	if (map->kind != GV_JSONTEXT_MAP || gv_jsontext_next(&j, &t) <= 0)
		return 0;
	while (r == 0 && gv_jsontext_value(&j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END) {
		if (is_among(&t, part->apart))
			continue;
		text = gv_state_raw(&t, &len);
		if (len <= CLEAR_MAX && is_among(&t, part->clear))
			r = add(items, part->word, &t, text, len, 0);
		else
			r = add_hash(items, part->word, &t, text, len);
	}
	return r;
}

static const char *const none[] = { NULL };
static const char *const clear_top[] = { "name", "namespace", "version", NULL };
static const char *const clear_info[] = { "first_deployed", "last_deployed",
	"deleted", "description", "status", NULL };
static const char *const clear_metadata[] = { "name", "version", "appVersion",
	"apiVersion", "kubeVersion", "type", "dependencies", "deprecated",
	NULL };
static const char *const parts_of_top[] = { "info", "config", "chart", NULL };
static const char *const parts_of_chart[] = { "metadata", NULL };

static int
add_release(
    struct gv_state_items *items, const struct gv_jsontext_token *release)
{
	static const struct part top = { "release.", clear_top, parts_of_top },
				 info = { "release.info.", clear_info, none },
				 config = { "release.config.", none, none },
				 chart = { "release.chart.", none,
					 parts_of_chart },
				 metadata = { "release.chart.metadata.",
					 clear_metadata, none };
	const struct gv_jsontext_token of_info = gv_state_find(release, "info");
	const struct gv_jsontext_token of_config =
	    gv_state_find(release, "config");
	const struct gv_jsontext_token of_chart =
	    gv_state_find(release, "chart");
	const struct gv_jsontext_token of_metadata =
	    gv_state_find(&of_chart, "metadata");
	int r;

	if ((r = add_part(items, &top, release)) < 0 ||
	    (r = add_part(items, &info, &of_info)) < 0 ||
	    (r = add_part(items, &config, &of_config)) < 0 ||
	    (r = add_part(items, &chart, &of_chart)) < 0)
		return r;
	return add_part(items, &metadata, &of_metadata);
}

/* Nothing of what is no document. */
static int
read_release(struct gv_state_items *items, const struct bytes *b)
{
	struct gv_jsontext_token whole, end;
	struct gv_jsontext j;

	gv_jsontext_init(&j, (const char *)b->p, b->len);
	if (gv_jsontext_value(&j, &whole) <= 0 ||
	    whole.kind != GV_JSONTEXT_MAP || gv_jsontext_next(&j, &end) != 0)
		return 0;
	return add_release(items, &whole);
}

int
gv_state_helm_read(struct gv_state_items *items, const char *packed, size_t len)
{
	struct bytes gzip = { NULL, 0, 0 }, json = { NULL, 0, 0 };
	int64_t n = -1;
	int r = 0;

	if (items->source == NULL || items->source->unpack == NULL || len < 4 ||
	    len > PACKED_MAX)
		return 0;
	if ((r = get(&gzip, items, len)) == 0 && decode(&gzip, packed, len) &&
	    size_of(&gzip) > 0 && size_of(&gzip) <= OPEN_MAX) {
		if ((r = get(&json, items, size_of(&gzip))) == 0)
			n = items->source->unpack(
			    json.p, json.size, gzip.p, gzip.len);
		json.len = n > 0 ? (size_t)n : 0;
	}
	put(&gzip, items);
	if (r == 0 && n > 0)
		r = read_release(items, &json);
	put(&json, items);
	return r;
}
