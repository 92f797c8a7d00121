/* lib/state/track: a leaf of the index and the text of a version come back as
 * they were written, whatever names are in them. Cut or damaged texts are
 * refused, and nothing after the end is read. Trees of three levels hold what
 * was added, in its order. */
#include "unit/sandbox.h"
#include "unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/map.h"
#include "crypto/secret.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "state/track_internal.h"
#include "state/track_leaf.h"
#include "state/track_source.h"
#include "toolstate/state.h"
#include "toolstate/state_triage.h"

static const unsigned char key[GV_TRACK_LEAF_KEY] = { 1, 2, 3 };
static const unsigned char id_key[GV_DIGEST_KEY] = { 4, 5, 6 };

/* The bytes in memory of their very size, so that a read beyond is seen. */
static char *
exact(const void *p, size_t len)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	if (len)
		memcpy(copy, p, len);
	return copy;
}

/* ---- leaves ------------------------------------------------------------- */

static void
write_leaf(struct gv_buf *out, const struct gv_state_item *items, size_t n)
{
	const struct gv_state_group group = {
		.text = "", .len = 1234, .items = items, .n_items = n
	};
	struct gv_digest id = { { 0xab, 0xcd } };
	struct gv_secret room = GV_SECRET_INIT;

	assert_int_equal(gv_secret_ready(), 0);
	assert_int_equal(gv_track_leaf_add(out, key, &room, &group, &id), 0);
	gv_secret_release(&room);
}

static int
read_leaf(struct gv_track_leaf *out, struct gv_arena *arena, const char *p,
    size_t len)
{
	char *copy = exact(p, len);
	int r = gv_track_leaf_read(out, arena, copy, len);

	free(copy);
	return r;
}

#define READ_LEAF(out, arena, text) read_leaf(out, arena, text, strlen(text))

static struct gv_state_item
item_of(const char *address)
{
	return (struct gv_state_item){ .address = address,
		.address_len = strlen(address),
		.text = "{}",
		.len = 2 };
}

static void
odd_names_come_back(void **state)
{
	static const char *const odd[] = { "", "a.b", "a\tb", "a\nb", "\"",
		"a\"b\\c", "\\", "\xff\xfe", "sch\xc3\xb6n", " ", "\x01\x7f",
		"module.a[\"x\\\"y\"].b.c[0]" };
	const size_t n = sizeof(odd) / sizeof(odd[0]);
	struct gv_buf text = GV_BUF_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_track_leaf leaf;
	size_t i;

	(void)state;
	for (i = 0; i < n; i++) {
		const struct gv_state_attribute has = { .name = odd[i],
			.name_len = strlen(odd[i]),
			.value = "1",
			.value_len = 1 };
		struct gv_state_item item = item_of(odd[i]);

		item.type = item.provider = item.deposed = odd[i];
		item.type_len = item.provider_len = item.deposed_len =
		    strlen(odd[i]);
		item.attributes = &has;
		item.n_attributes = 1;
		item.needs = odd;
		item.n_needs = n;
		item.marks = GV_STATE_TAINTED;
		gv_buf_reset(&text);
		write_leaf(&text, &item, 1);
		assert_int_equal(read_leaf(&leaf, &arena, text.p, text.len), 0);
		assert_int_equal(leaf.n, 1);
		assert_int_equal(leaf.size, 1243); /* of 1234 */
		assert_int_equal(leaf.id.bytes[1], 0xcd);
		assert_string_equal(leaf.items[0].address, odd[i]);
		assert_string_equal(leaf.items[0].type, odd[i]);
		assert_string_equal(leaf.items[0].provider, odd[i]);
		assert_string_equal(leaf.items[0].deposed, odd[i]);
		assert_int_equal(leaf.items[0].marks, GV_STATE_TAINTED);
		assert_int_equal(leaf.items[0].n_has, 1);
		assert_string_equal(leaf.items[0].has[0].name, odd[i]);
		assert_int_equal(leaf.items[0].n_needs, n);
		assert_string_equal(leaf.items[0].needs[i], odd[i]);
	}
	gv_arena_release(&arena);
	gv_buf_release(&text);
}

static void
a_nul_is_written_as_json_has_it(void **state)
{
	struct gv_state_item item = item_of("");
	struct gv_buf text = GV_BUF_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_track_leaf leaf;

	(void)state;
	item.address = "\0a\0\0b\0";
	item.address_len = 6;
	write_leaf(&text, &item, 1);
	assert_int_equal(read_leaf(&leaf, &arena, text.p, text.len), 0);
	assert_string_equal(
	    leaf.items[0].address, "\\u0000a\\u0000\\u0000b\\u0000");
	gv_arena_release(&arena);
	gv_buf_release(&text);
}

static void
a_very_long_address_comes_back(void **state)
{
	const size_t len = (size_t)1 << 20;
	char *address = malloc(len + 1);
	struct gv_buf text = GV_BUF_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_track_leaf leaf;
	struct gv_state_item item;

	(void)state;
	assert_non_null(address);
	memset(address, '\n', len);
	address[len] = '\0';
	item = item_of(address);
	write_leaf(&text, &item, 1);
	assert_int_equal(read_leaf(&leaf, &arena, text.p, text.len), 0);
	assert_string_equal(leaf.items[0].address, address);
	gv_arena_release(&arena);
	gv_buf_release(&text);
	free(address);
}

/* What is left of a leaf at any place holds only what was in it, or is
 * refused. */
static void
every_cut_of_a_leaf_is_read_or_refused(void **state)
{
	static const char *const needs[] = { "a.a", "b\tb" };
	static const struct gv_state_attribute has[] = {
		{ .name = "id", .name_len = 2, .value = "1", .value_len = 1 },
		{ .name = "a\tb", .name_len = 3, .value = "2", .value_len = 1 },
	};
	struct gv_state_item items[] = { item_of("a.b"), item_of("\"c\"") };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_track_leaf leaf;
	size_t i, whole = 0;
	int r;

	(void)state;
	items[0].needs = needs;
	items[0].n_needs = 2;
	items[0].attributes = has;
	items[0].n_attributes = 2;
	write_leaf(&text, items, 2);
	for (i = 0; i <= text.len; i++) {
		r = read_leaf(&leaf, &arena, text.p, i);
		assert_int_equal(
		    r, i && text.p[i - 1] == '\n' ? 0 : GV_ECORRUPT);
		whole += r == 0;
	}
	assert_int_equal(whole, 5);
	assert_int_equal(leaf.n, 2);
	gv_arena_release(&arena);
	gv_buf_release(&text);
}

#define HEAD "part\tabcd000000000000000000000000000000000000\t1234\n"

static void
damaged_leaves_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"part\n",
		"part\tabcd\t1\n",
		"part\tabcd00000000000000000000000000000000000x\t1234\n",
		"part\tabcd000000000000000000000000000000000000\t\n",
		"part\tabcd000000000000000000000000000000000000\t-1\n",
		"part\tabcd000000000000000000000000000000000000\t1 \n",
		"part\tabcd000000000000000000000000000000000000\t"
		"99999999999999999999999\n",
		HEAD "item\n",
		HEAD "item\ta\n",
		HEAD "item\ta\tx\tAAAAAAAAAAA\tt\tp\td\n",
		HEAD "item\ta\t99999999\tAAAAAAAAAAA\tt\tp\td\n",
		HEAD "item\ta\t0\tAAAAAAAAAA\tt\tp\td\n",
		HEAD "item\ta\t0\tAAAAAAAAAAA\tt\tp\n",
		HEAD "item\t\"a\t0\tAAAAAAAAAAA\tt\tp\td\n",
		HEAD "item\t\"a\"x\t0\tAAAAAAAAAAA\tt\tp\td\n",
		HEAD "item\t\"\\000\"\t0\tAAAAAAAAAAA\tt\tp\td\n",
		HEAD "item\ta\t0\tAAAAAAAAAAA\tt\tp\td\nhas\tid\tAAA\n",
	};
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_track_leaf leaf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(READ_LEAF(&leaf, &arena, bad[i]), GV_ECORRUPT);
	/* a NUL as it stands */
	assert_int_equal(read_leaf(&leaf, &arena,
			     HEAD "item\ta\0b\t0\tAAAAAAAAAAA\tt\tp\td\n",
			     sizeof(HEAD) - 1 + 30),
	    GV_ECORRUPT);
	/* lines of nothing, and of a later version */
	assert_int_equal(READ_LEAF(&leaf, &arena,
			     HEAD "needs\ta\nhas\tid\tAAAA\n\nother\tx\n"
				  "item\ta\t0\tAAAAAAAAAAA\tt\tp\td\tmore\n"
				  "has\nneeds\nhas\tid\n"),
	    0);
	assert_int_equal(leaf.n, 1);
	assert_int_equal(leaf.items[0].n_has, 0);
	gv_arena_release(&arena);
}

/* ---- commits ------------------------------------------------------------ */

static struct gv_oid
oid_of(unsigned char first)
{
	return (struct gv_oid){ .id = { first, 1, 2, 3 } };
}

static struct gv_track_version
full_version(void)
{
	struct gv_track_version v = { .tree = oid_of(1),
		.previous = oid_of(2),
		.code = oid_of(3),
		.env = (char *)"prod",
		.stack = (char *)"net",
		.tool = (char *)"terraform",
		.writer = (char *)" 1.9\n",
		.lineage = (char *)"\"x",
		.forced = (char *)"why\twhy\nVault-Env: dev",
		.damage = (char *)"\xff",
		.host = (char *)"h",
		.snapshot = (char *)"20261121T093000Z-0123abcd",
		.format = 4,
		.has_serial = true,
		.is_encrypted = true,
		.serial = UINT64_MAX,
		.size = 81223,
		.parts = 6,
		.items = 57,
		.time = 1700000000,
		.digest = { { 9, 8, 7 } },
		.key = "0123abcd",
		.sealed_for = { 5, 4 } };

	return v;
}

static int
parse(struct gv_track_version *out, const char *p, size_t len)
{
	char *copy = exact(p, len);
	int r = gv_track_commit_parse(out, copy, len);

	free(copy);
	return r;
}

static void
write_version(struct gv_buf *out, struct sandbox *s)
{
	const struct gv_track_version v = full_version();

	gv_buf_reset(out);
	assert_int_equal(gv_track_commit_format(out, &s->repo, &v, id_key), 0);
}

static void
a_version_comes_back(void **state)
{
	const struct gv_track_version v = full_version();
	struct gv_track_version w;
	struct gv_buf text = GV_BUF_INIT;

	write_version(&text, *state);
	assert_int_equal(parse(&w, text.p, text.len), 0);
	assert_memory_equal(&v.tree, &w.tree, sizeof(v.tree));
	assert_memory_equal(&v.previous, &w.previous, sizeof(v.tree));
	assert_memory_equal(&v.code, &w.code, sizeof(v.tree));
	assert_string_equal(v.env, w.env);
	assert_string_equal(v.stack, w.stack);
	assert_string_equal(v.tool, w.tool);
	assert_string_equal(v.writer, w.writer);
	assert_string_equal(v.lineage, w.lineage);
	assert_string_equal(v.forced, w.forced);
	assert_string_equal(v.damage, w.damage);
	assert_string_equal(v.host, w.host);
	assert_string_equal(v.snapshot, w.snapshot);
	assert_string_equal(v.key, w.key);
	assert_int_equal(v.format, w.format);
	assert_true(w.has_serial && w.is_encrypted);
	assert_true(v.serial == w.serial);
	assert_int_equal(v.size, w.size);
	assert_int_equal(v.parts, w.parts);
	assert_int_equal(v.items, w.items);
	assert_int_equal(v.time, w.time);
	assert_memory_equal(&v.digest, &w.digest, sizeof(v.digest));
	assert_memory_equal(v.sealed_for, w.sealed_for, GV_TRACK_SUM);
	gv_track_version_release(&w);
	gv_buf_release(&text);
}

static void
every_cut_of_a_version_is_read_or_refused(void **state)
{
	struct gv_track_version v;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r;

	write_version(&text, *state);
	for (i = 0; i < text.len; i++) {
		r = parse(&v, text.p, i);
		assert_true(r == 0 || r == GV_ECORRUPT);
		gv_track_version_release(&v);
	}
	/* where the time is to be, nothing behind it is taken for it */
	gv_buf_reset(&text);
	gv_buf_addstr(&text,
	    "tree 0101010101010101010101010101010101010101\n"
	    "committer A <a@b>\n\n1234567");
	assert_int_equal(parse(&v, text.p, text.len), GV_ECORRUPT);
	gv_buf_release(&text);
}

/* Write a version with the line that begins so replaced; NULL: without it. */
static int
with_line(struct sandbox *s, const char *key_, const char *line)
{
	struct gv_buf text = GV_BUF_INIT, other = GV_BUF_INIT;
	struct gv_track_version v;
	const char *at, *end;
	int r;

	write_version(&text, s);
	at = strstr(text.p, key_);
	assert_non_null(at);
	end = strchr(at, '\n') + 1;
	gv_buf_add(&other, text.p, (size_t)(at - text.p));
	if (line)
		gv_buf_addf(&other, "%s\n", line);
	gv_buf_addstr(&other, end);
	r = parse(&v, other.p, other.len);
	gv_track_version_release(&v);
	gv_buf_release(&text);
	gv_buf_release(&other);
	return r;
}

static void
damaged_versions_are_refused(void **state)
{
	static const struct {
		const char *key, *line;
	} bad[] = {
		{ "tree ", "tree 12" },
		{ "tree ", "tree 01010101010101010101010101010101010101010" },
		{ "tree ", "tree 0000000000000000000000000000000000000000" },
		{ "committer ", "committer A <a> x +0000" },
		{ "committer ", "committer A <a>" },
		{ "committer ", "committer A <a> 99999999999999999999 +0000" },
		{ "committer ", "committer A <a> 9999999999999999999 +0000" },
		{ "committer ", NULL },
		{ "parent ", NULL },
		{ "Vault-Format", NULL },
		{ "Vault-Format", "Vault-Format: 0" },
		{ "Vault-Format", "Vault-Format: x" },
		{ "Vault-Env", NULL },
		{ "Vault-Env", "Vault-Env: \"a" },
		{ "Vault-Stack", NULL },
		{ "Vault-Tool: ", NULL },
		{ "Vault-Tool-Format", "Vault-Tool-Format: 4294967296" },
		{ "Vault-Serial", "Vault-Serial: 18446744073709551616" },
		{ "Vault-Serial", "Vault-Serial: -1" },
		{ "Vault-Serial", "Vault-Serial: \"1\"" },
		{ "Vault-Previous", "Vault-Previous: 12" },
		{ "Vault-Previous",
		    "Vault-Previous: "
		    "0101010101010101010101010101010101010101" },
		{ "Vault-Commit", "Vault-Commit: x" },
		{ "Vault-Size", "Vault-Size: 1\nVault-Size: 2" },
		{ "Vault-Env", "Vault-Env: prod\nVault-Env: prod" },
		{ "Vault-Digest", NULL },
		{ "Vault-Digest", "Vault-Digest: 0123abcd:12" },
		{ "Vault-Sealed-For", "Vault-Sealed-For: 12" },
		{ "Vault-Host", "no trailer" },
		{ "Vault-Host", "Vault-Seal: some" },
		{ "Vault-Host", "Vault-Seal: fu" },
		{ "Vault-Host", "Vault-Seal: none\nVault-Seal: none" },
		{ "Vault-Host", "Vault-Seal-Rules: 12" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (with_line(*state, bad[i].key, bad[i].line) != GV_ECORRUPT)
			fail_msg("%s for %s is not refused",
			    bad[i].line ? bad[i].line : "nothing", bad[i].key);
	assert_int_equal(
	    with_line(*state, "Vault-Format", "Vault-Format: 4"), GV_EREFUSED);
	assert_message("use a newer one");
	assert_int_equal(
	    with_line(*state, "Vault-Format", "Vault-Format: 2"), GV_EREFUSED);
	assert_message("save the state again");
	assert_int_equal(
	    with_line(*state, "Vault-Host", "Vault-Later: what we know not"),
	    0);
}

static void
what_could_not_be_read_is_not_written(void **state)
{
	struct sandbox *s = *state;
	struct gv_track_version v = full_version();
	struct gv_buf text = GV_BUF_INIT;
	char *why = malloc(70000);

	assert_non_null(why);
	memset(why, 'x', 69999);
	why[69999] = '\0';
	v.forced = why;
	assert_int_equal(
	    gv_track_commit_format(&text, &s->repo, &v, id_key), GV_EUSAGE);
	assert_message("give a shorter reason");
	assert_int_equal(gv_track_commit_parse(&v, why, 69999), GV_ECORRUPT);
	assert_message("larger than the commit of any version");
	gv_buf_release(&text);
	free(why);
}

/* ---- trees -------------------------------------------------------------- */

struct built {
	struct gv_oid seen[600];
	unsigned modes[600];
	size_t n, trees;
};

static int
on_thing(void *ctx, const struct gv_tree_entry *e)
{
	struct built *b = ctx;

	assert_true(b->n < 600);
	b->modes[b->n] = e->mode;
	b->seen[b->n++] = e->oid;
	return 0;
}

static int
on_tree(void *ctx, const struct gv_oid *oid)
{
	struct built *b = ctx;

	(void)oid;
	b->trees++;
	return 0;
}

/* Build "parts" of a version of n parts; which of them end levels, ends says.
 */
static struct gv_oid
build(struct sandbox *s, size_t n, unsigned (*ends)(size_t i))
{
	const struct gv_pack_opts opts = { .objects_dir = s->objects };
	struct gv_map known = GV_MAP_INIT;
	struct gv_track_tree t = { .known = &known };
	struct gv_buf root = GV_BUF_INIT;
	struct gv_pack_result result;
	struct gv_pack *pack;
	struct gv_oid oid, tree;
	size_t i;
	int r = gv_pack_open(&pack, &opts);

	assert_int_equal(r, 0);
	assert_int_equal(gv_pack_lane_open(&t.lane, pack), 0);
	for (i = 0; i < n; i++) {
		assert_int_equal(gv_pack_add(t.lane, &oid,
				     i == 3 ? GV_OTYPE_TREE : GV_OTYPE_BLOB, &i,
				     i == 3 ? 0 : sizeof(i), NULL),
		    0);
		assert_int_equal(
		    gv_track_tree_add(&t, ends(i),
			i == 3 ? GV_TRACK_CHUNKS : GV_TRACK_SEALED, &oid),
		    0);
	}
	assert_int_equal(gv_track_tree_finish(&t, &oid), 0);
	gv_tree_add(&root, GV_MODE_DIR, "parts", 5, &oid);
	assert_int_equal(
	    gv_pack_add(t.lane, &tree, GV_OTYPE_TREE, root.p, root.len, NULL),
	    0);
	assert_int_equal(gv_pack_lane_close(t.lane), 0);
	assert_int_equal(gv_pack_finish(pack, &result), 0);
	gv_pack_unkeep(pack);
	gv_pack_free(pack);
	gv_track_tree_release(&t);
	gv_buf_release(&root);
	return tree;
}

static unsigned
none(size_t i)
{
	(void)i;
	return 0;
}

static unsigned
some(size_t i)
{
	return i % 64 == 0 ? 2 : i % 8 == 0 ? 1 : 0;
}

static unsigned
too_many(size_t i)
{
	(void)i;
	return 9;
}

static void
hold(struct sandbox *s, size_t n, unsigned (*ends)(size_t i), size_t trees)
{
	struct gv_oid root = build(s, n, ends), oid;
	struct built *b = calloc(1, sizeof(*b));
	struct gv_odb *odb;
	size_t i;

	assert_non_null(b);
	assert_int_equal(gv_odb_open(&odb, &s->repo), 0);
	if (gv_track_tree_each(odb, &root, "parts", on_thing, on_tree, b) < 0)
		fail_msg("%s", gv_err_message());
	assert_int_equal(b->n, n);
	assert_int_equal(b->trees, trees);
	for (i = 0; i < n; i++) {
		assert_int_equal(
		    b->modes[i], i == 3 ? GV_MODE_DIR : GV_MODE_FILE);
		assert_int_equal(
		    gv_oid_of(&oid, i == 3 ? GV_OTYPE_TREE : GV_OTYPE_BLOB, &i,
			i == 3 ? 0 : sizeof(i)),
		    0);
		assert_memory_equal(&oid, &b->seen[i], sizeof(oid));
	}
	assert_int_equal(
	    gv_track_tree_each(odb, &root, "index", on_thing, on_tree, b),
	    GV_ECORRUPT);
	gv_odb_close(odb);
	free(b);
}

static void
trees_hold_what_was_added(void **state)
{
	hold(*state, 0, none, 1);
	hold(*state, 1, none, 3);
	hold(*state, 300, none, 3);
	hold(*state, 500, some, 1 + 8 + 63);
	hold(*state, 20, too_many, 1 + 20 + 20);
}

static void
names_say_the_place_and_begin_anew(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid root = build(s, 100, some);
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &root);
	assert_string_equal(sh(s,
				"git ls-tree --name-only %s:parts/00001 | "
				"tr '\\n' ' '",
				hex),
	    "00000 00001 00002 00003 00004 ");
	assert_string_equal(
	    sh(s, "git ls-tree --name-only %s:parts/00001/00004 | tr '\\n' ' '",
		hex),
	    "00000 00001 00002 00003 ");
	sh(s, "git fsck --strict --no-dangling --no-progress");
}

static int
pass_thing(void *ctx, const struct gv_tree_entry *e)
{
	(void)ctx;
	(void)e;
	return 0;
}

/* The same few trees named again and again. */
static void
trees_without_an_end_are_refused(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid root;
	struct gv_odb *odb;
	struct built *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	sh(s,
	    "t=$(git mktree </dev/null) && for level in 1 2 3; do "
	    "t=$(awk -v t=$t 'BEGIN { for (i = 0; i < 2000; i++) "
	    "printf \"040000 tree %%s\\t%%05x\\n\", t, i }' | git mktree); "
	    "done && printf '040000 tree %%s\\tparts\\n' $t | git mktree");
	root = oid_of_output(s);
	assert_int_equal(gv_odb_open(&odb, &s->repo), 0);
	b->n = 0;
	assert_int_equal(
	    gv_track_tree_each(odb, &root, "parts", pass_thing, on_tree, b),
	    GV_ECORRUPT);
	assert_message("a state cannot have that many parts");
	gv_odb_close(odb);
	free(b);
}

static void
a_file_in_the_place_of_a_tree_is_refused(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid root;
	struct gv_odb *odb;
	struct built *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	sh(s,
	    "f=$(echo x | git hash-object -w --stdin) && "
	    "t=$(printf '100644 blob %%s\t00000\n' $f | git mktree) && "
	    "printf '040000 tree %%s\tparts\n' $t | git mktree");
	root = oid_of_output(s);
	assert_int_equal(gv_odb_open(&odb, &s->repo), 0);
	assert_int_equal(
	    gv_track_tree_each(odb, &root, "parts", pass_thing, on_tree, b),
	    GV_ECORRUPT);
	assert_message("a file is where a tree of parts should be");
	gv_odb_close(odb);
	free(b);
}

/* The id of a sum has one form, and so has a sum in clear. */
static void
a_damaged_sum_is_refused(void **state)
{
	static const char *const sums[] = {
		"", "12 3\n",
		"0123456789012345678901234567890123456789012345678901234567890123 x\n",
		"0123456789012345678901234567890123456789012345678901234567890123 1"
	};
	struct sandbox *s = *state;
	struct gv_track_version v = { .seal = GV_POLICY_SEAL_NONE };
	struct gv_track_sum sum;
	struct gv_digest id;
	struct gv_odb *odb;
	size_t i;

	assert_int_equal(gv_odb_open(&odb, &s->repo), 0);
	for (i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		sh(s,
		    "f=$(printf '%s' | git hash-object -w --stdin) && "
		    "printf '100644 blob %%s\tsum.clear\n100644 blob %%s\tsum.id\n' "
		    "$f $f | git mktree",
		    sums[i]);
		v.tree = oid_of_output(s);
		assert_int_equal(gv_track_sum_id(&id, odb, &v), GV_ECORRUPT);
		assert_message("the id of its sum is damaged");
		assert_int_equal(
		    gv_track_sum_open(&sum, odb, NULL, &v, NULL), GV_ECORRUPT);
		assert_message("its sum is damaged");
	}
	sh(s, "git mktree </dev/null");
	v.tree = oid_of_output(s);
	assert_int_equal(
	    gv_track_sum_open(&sum, odb, NULL, &v, NULL), GV_ECORRUPT);
	assert_message("it has no sum");
	gv_odb_close(odb);
}

/* ---- what is looked at --------------------------------------------------- */

static void
assert_gives(const struct gv_track_source *source, const char *text)
{
	const struct gv_state_again *again = gv_track_source_get(source);
	char got[100];
	int64_t n;

	assert_int_equal(again->rewind(again->ctx), 0);
	n = again->read(again->ctx, got, sizeof(got));
	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, strlen(text));
	assert_int_equal(again->read(again->ctx, got, sizeof(got)), 0);
}

static void
a_pipe_is_read_again_as_well(void **state)
{
	static const char text[] = "{\"version\": 4}\n";
	struct gv_track_source *source;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, strlen(text)), strlen(text));
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(gv_track_source_file(&source, fds[0], "a pipe"), 0);
	assert_gives(source, text);
	assert_gives(source, text);
	gv_track_source_free(source);
	assert_int_equal(close(fds[0]), 0);
}

static void
what_cannot_be_read_is_no_source(void **state)
{
	struct gv_track_source *source;
	const struct gv_state_again *again;
	int fd = open("/", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(gv_track_source_file(&source, fd, "/"), GV_ERROR);
	assert_message("cannot read /: ");
	assert_int_equal(close(fd), 0);
	assert_int_equal(gv_track_source_file(
			     &source, fd = open("/dev/null", O_RDONLY), "x"),
	    0);
	assert_int_equal(close(fd), 0);
	again = gv_track_source_get(source);
	assert_int_equal(again->rewind(again->ctx), GV_ERROR);
	assert_message("cannot read x again: ");
	gv_track_source_free(source);
}

#define IN_SANDBOX(f)                                                          \
	cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

UNIT(track)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_names_come_back),
		cmocka_unit_test(a_nul_is_written_as_json_has_it),
		cmocka_unit_test(a_very_long_address_comes_back),
		cmocka_unit_test(every_cut_of_a_leaf_is_read_or_refused),
		cmocka_unit_test(damaged_leaves_are_refused),
		IN_SANDBOX(a_version_comes_back),
		IN_SANDBOX(every_cut_of_a_version_is_read_or_refused),
		IN_SANDBOX(damaged_versions_are_refused),
		IN_SANDBOX(what_could_not_be_read_is_not_written),
		IN_SANDBOX(trees_hold_what_was_added),
		IN_SANDBOX(names_say_the_place_and_begin_anew),
		IN_SANDBOX(trees_without_an_end_are_refused),
		IN_SANDBOX(a_file_in_the_place_of_a_tree_is_refused),
		IN_SANDBOX(a_damaged_sum_is_refused),
		cmocka_unit_test(a_pipe_is_read_again_as_well),
		cmocka_unit_test(what_cannot_be_read_is_no_source),
	};

	return UNIT_RUN(tests);
}
