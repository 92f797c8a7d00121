#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/odb_health.h"
#include "object/odb_internal.h"
#include "object/odb_skim.h"
#include "sys/workers.h"
#include "unit/sandbox.h"

static struct gv_odb *
open_odb(struct sandbox *s)
{
	struct gv_odb *odb;

	assert_int_equal(gv_odb_open(&odb, &s->repo), 0);
	return odb;
}

static struct gv_odb *
open_strict(struct sandbox *s)
{
	struct gv_odb *odb = open_odb(s);

	assert_int_equal(gv_odb_set_strict(odb), 0);
	return odb;
}

/* The id that a command prints. */
#define ID(s, ...) (sh(s, __VA_ARGS__), oid_of_output(s))

static const char *
hex_of(const struct gv_oid *id)
{
	static char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	return hex;
}

/* A history whose files change a little each time: deltas for git. */
static void
make_history(struct sandbox *s, int commits)
{
	sh(s,
	    "seq 1 3000 >a; i=0; while test $i -lt %d; do i=$((i+1)); "
	    "echo \"${i}0s/^/changed $i /\" >e; sed -i -f e a; "
	    "echo $i >b; git add a b; "
	    "git commit -q -m \"commit $i\"; done; git tag -m t v1",
	    commits);
}

/* Read all objects that git knows, and see type and size as git does. */
static size_t
read_everything(struct sandbox *s, struct gv_odb *odb)
{
	struct gv_buf list = GV_BUF_INIT;
	struct gv_object obj;
	enum gv_otype type;
	struct gv_oid id;
	char *line, name[16];
	uint64_t only;
	size_t n = 0, size, want;

	sh(s, "git cat-file --batch-check --batch-all-objects");
	gv_buf_add(&list, s->out.p, s->out.len);
	for (line = strtok(list.p, "\n"); line; line = strtok(NULL, "\n")) {
		assert_int_equal(gv_oid_parse(&id, line), 0);
		assert_int_equal(sscanf(line + 41, "%15s %zu", name, &want), 2);
		assert_true(gv_odb_has(odb, &id));
		assert_int_equal(gv_odb_read_header(odb, &type, &size, &id), 0);
		assert_string_equal(gv_oid_type_name(type), name);
		assert_int_equal(size, want);
		assert_int_equal(gv_odb_read_size(odb, &only, &id), 0);
		assert_int_equal(only, want);
		if (gv_odb_read(odb, &obj, &id) < 0)
			fail_msg("%s", gv_err_message());
		assert_string_equal(gv_oid_type_name(obj.type), name);
		assert_int_equal(obj.len, want);
		gv_object_release(&obj);
		n++;
	}
	gv_buf_release(&list);
	return n;
}

static void
loose_objects_are_read(void **state)
{
	struct sandbox *s = *state;
	struct gv_odb *odb = open_odb(s);

	make_history(s, 5);
	sh(s, "git hash-object -w --stdin </dev/null");
	assert_int_equal(read_everything(s, odb), 5 * 4 + 2);
	gv_odb_close(odb);
}

static void
packs_of_any_kind_are_read(void **state)
{
	struct sandbox *s = *state;
	static const char *const kinds[] = {
		"-c repack.useDeltaBaseOffset=true",
		"-c repack.useDeltaBaseOffset=false",
		"-c pack.indexVersion=1",
		"-c core.compression=0",
	};
	size_t i;

	make_history(s, 60);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct gv_odb *odb;

		sh(s, "git %s repack -adfq --depth=50 --window=60", kinds[i]);
		sh(s,
		    "git verify-pack -v .git/objects/pack/*.idx | "
		    "grep '^chain length = [1-9][0-9]'");
		odb = open_odb(s);
		assert_int_equal(read_everything(s, odb), 60 * 4 + 1);
		gv_odb_close(odb);
	}
}

static void
what_is_not_there_is_not_found(void **state)
{
	struct sandbox *s = *state;
	struct gv_odb *odb = open_odb(s);
	struct gv_oid id = { { 0xab, 1 } };
	struct gv_object obj;
	enum gv_otype type;
	uint64_t only;
	size_t size;

	assert_false(gv_odb_has(odb, &id));
	assert_int_equal(gv_odb_freshen(odb, &id), 0);
	assert_int_equal(gv_odb_read(odb, &obj, &id), GV_ENOTFOUND);
	assert_non_null(strstr(gv_err_message(), hex_of(&id)));
	assert_int_equal(
	    gv_odb_read_header(odb, &type, &size, &id), GV_ENOTFOUND);
	assert_int_equal(gv_odb_read_size(odb, &only, &id), GV_ENOTFOUND);
	assert_int_equal(gv_odb_stream(odb, &id, NULL, NULL), GV_ENOTFOUND);
	/* git knows the empty tree everywhere */
	assert_int_equal(
	    gv_odb_read_type(odb, &obj, &gv_oid_empty_tree, GV_OTYPE_TREE), 0);
	assert_int_equal(obj.len, 0);
	gv_object_release(&obj);
	gv_odb_close(odb);
}

static void
another_type_is_refused(void **state)
{
	struct sandbox *s = *state;
	struct gv_odb *odb = open_odb(s);
	struct gv_oid id = ID(s, "echo x | git hash-object -w --stdin");
	struct gv_object obj;

	assert_int_equal(
	    gv_odb_read_type(odb, &obj, &id, GV_OTYPE_TREE), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), "is a blob"));
	assert_int_equal(gv_odb_read_type(odb, &obj, &id, GV_OTYPE_BLOB), 0);
	assert_string_equal(obj.data, "x\n");
	gv_object_release(&obj);
	gv_odb_close(odb);
}

static void
alternates_are_followed(void **state)
{
	struct sandbox *s = *state;
	struct gv_odb *odb;
	struct gv_oid a, b, c, d;
	struct gv_buf env = GV_BUF_INIT;

	/* absolute, relative, quoted with a comment, a circle, by environment;
	 * and one that is missing */
	sh(s, "for i in a b 'c\"c' d; do git init -q \"$i\"; done");
	a = ID(s, "echo a | git -C a hash-object -w --stdin");
	b = ID(s, "echo b | git -C b hash-object -w --stdin");
	c = ID(s, "echo c | git -C 'c\"c' hash-object -w --stdin");
	d = ID(s, "echo d | git -C d hash-object -w --stdin");
	sh(s,
	    "git -C b repack -adq; mkdir -p .git/objects/info; "
	    "(echo \"$PWD/a/.git/objects\"; echo /nowhere/at/all) "
	    ">.git/objects/info/alternates; "
	    "echo ../../../b/.git/objects >a/.git/objects/info/alternates; "
	    "printf '# comment\\n\"%%s/c\\\\\"c/.git/objects\"\\n%%s\\n' "
	    "\"$PWD\" \"$PWD/.git/objects\" >b/.git/objects/info/alternates");
	gv_buf_addf(&env, "/none:%s/d/.git/objects", s->dir);
	odb = open_odb(s);
	assert_true(gv_odb_has(odb, &a));
	assert_true(gv_odb_has(odb, &b));
	assert_true(gv_odb_has(odb, &c));
	assert_false(gv_odb_has(odb, &d));
	assert_int_equal(gv_odb_freshen(odb, &c), 1);
	setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", env.p, 1);
	assert_int_equal(gv_odb_refresh(odb), 0);
	assert_true(gv_odb_has(odb, &d));
	unsetenv("GIT_ALTERNATE_OBJECT_DIRECTORIES");
	gv_odb_close(odb);
	gv_buf_release(&env);
}

static void
what_came_later_is_seen_after_a_refresh_or_at_a_read(void **state)
{
	struct sandbox *s = *state;
	struct gv_odb *odb = open_odb(s);
	struct gv_oid none = { { 1 } }, id;
	struct gv_object obj;

	make_history(s, 3);
	assert_false(gv_odb_has(odb, &none)); /* the first look */
	sh(s, "git repack -adq");
	id = ID(s, "git rev-parse HEAD:a");
	assert_int_equal(gv_odb_read(odb, &obj, &id), 0);
	gv_object_release(&obj);
	id = ID(s, "echo later | git hash-object -w --stdin");
	gv_odb_has(odb, &id);
	assert_int_equal(gv_odb_read(odb, &obj, &id), 0);
	gv_object_release(&obj);
	assert_int_equal(gv_odb_refresh(odb), 0);
	assert_true(gv_odb_has(odb, &id));
	/* packed anew behind our back: the old pack is gone */
	sh(s, "git repack -adfq --window=1");
	assert_int_equal(read_everything(s, odb), 3 * 4 + 2);
	gv_odb_close(odb);
}

static void
flip(struct sandbox *s, const char *glob, long at)
{
	sh(s,
	    "f=$(echo %s) && chmod u+w $f && python3 -c '"
	    "import sys; f = open(sys.argv[1], \"r+b\"); "
	    "at = %ld; f.seek(at, 0 if at >= 0 else 2); b = f.read(1); "
	    "f.seek(at, 0 if at >= 0 else 2); f.write(bytes([b[0] ^ 85]))"
	    "' $f",
	    glob, at);
}

static void
a_damaged_pack_entry_is_named_and_the_others_are_read(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid bad, good;
	struct gv_object obj;
	struct gv_odb *odb;
	long at;

	bad = ID(s, "seq 1 2000 | git hash-object -w --stdin");
	good = ID(s, "seq 5000 9000 | git hash-object -w --stdin");
	sh(s,
	    "git cat-file --batch-check='%%(objectname)' "
	    "--batch-all-objects | git pack-objects -q --window=0 "
	    ".git/objects/pack/pack && git prune-packed");
	at = atol(sh(s,
	    "git show-index <$(echo .git/objects/pack/*.idx) | "
	    "grep %s | cut -d' ' -f1",
	    hex_of(&bad)));
	flip(s, ".git/objects/pack/*.pack", at + 500);
	odb = open_odb(s);
	assert_int_equal(gv_odb_read(odb, &obj, &bad), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), hex_of(&bad)));
	assert_non_null(strstr(gv_err_message(), ".pack"));
	assert_int_equal(gv_odb_read(odb, &obj, &good), 0);
	gv_object_release(&obj);
	/* undamaged somewhere else: that will do */
	sh(s,
	    "seq 1 2000 | (mkdir o && cd o && git init -q && "
	    "git hash-object -w --stdin && cp -r .git/objects/?? "
	    "../.git/objects/)");
	assert_int_equal(gv_odb_read(odb, &obj, &bad), 0);
	gv_object_release(&obj);
	gv_odb_close(odb);
}

/* Whose sums are right, but whose bytes are those of another object. */
static void
what_is_skimmed_is_held_against_its_name_on_request(void **state)
{
	struct sandbox *s = *state;
	struct gv_object obj;
	struct gv_oid id, other;
	struct gv_odb *odb;
	char hex[GV_OID_HEX + 1];

	other = ID(s, "echo other | git hash-object -w --stdin");
	id = ID(s, "echo own | git hash-object -w --stdin");
	odb = open_odb(s);
	assert_int_equal(gv_odb_skim(odb, &obj, &id), 0);
	assert_int_equal(obj.type, GV_OTYPE_BLOB);
	assert_string_equal(obj.data, "own\n");
	assert_true(gv_odb_is_intact(odb, &obj, &id));
	gv_object_release(&obj);
	gv_oid_format(hex, &id);
	sh(s, "cd .git/objects && cp -f %.2s/%s %.2s/%s", hex_of(&other),
	    hex_of(&other) + 2, hex, hex + 2);
	assert_int_equal(gv_odb_skim(odb, &obj, &id), 0);
	assert_string_equal(obj.data, "other\n");
	assert_false(gv_odb_is_intact(odb, &obj, &id));
	gv_object_release(&obj);
	assert_int_equal(gv_odb_read(odb, &obj, &id), GV_ECORRUPT);
	sh(s, "chmod u+w .git/objects/%.2s/%s && : >.git/objects/%.2s/%s", hex,
	    hex + 2, hex, hex + 2);
	assert_int_equal(gv_odb_skim(odb, &obj, &id), GV_ECORRUPT);
	gv_odb_close(odb);
}

/* Every byte of a small pack, damaged in turn: nothing crashes, and what is
 * read is what was written. */
static void
no_damage_to_a_pack_goes_unseen(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid ids[3];
	struct gv_object obj;
	struct gv_odb *odb;
	long size, at;
	int i, bad, r;

	ids[0] = ID(s, "seq 1 300 | git hash-object -w --stdin");
	ids[1] = ID(s, "seq 2 299 | git hash-object -w --stdin");
	ids[2] = ID(s, "seq 3 301 | git hash-object -w --stdin");
	sh(s,
	    "(git rev-parse --git-dir; git cat-file "
	    "--batch-check='%%(objectname)' --batch-all-objects) | sed 1d | "
	    "git pack-objects -q .git/objects/pack/pack && "
	    "git prune-packed && chmod u+w .git/objects/pack/*");
	size = atol(sh(s, "stat -c %%s .git/objects/pack/*.pack"));
	sh(s, "ls .git/objects/pack/*.pack");
	for (at = 0; at < size; at++) {
		struct gv_buf path = GV_BUF_INIT;
		unsigned char c = 0;
		int fd;

		gv_buf_addf(&path, "%s/%s", s->dir, s->out.p);
		fd = open(path.p, O_RDWR);
		gv_buf_release(&path);
		assert_true(fd >= 0 && pread(fd, &c, 1, at) == 1);
		c ^= (unsigned char)(1u << (at % 8));
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
		odb = at / 16 % 2 ? open_strict(s) : open_odb(s);
		if (at / 8 % 2)
			gv_odb_set_once(odb); /* held in memory */
		for (i = bad = 0; i < 3; i++) {
			r = gv_odb_read(odb, &obj, &ids[i]);
			if (r == 0)
				gv_object_release(&obj);
			assert_true(r == 0 || r == GV_ECORRUPT);
			bad += r < 0;
		}
		gv_odb_close(odb);
		c ^= (unsigned char)(1u << (at % 8));
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
		close(fd);
		/* only zlib's level in its head says nothing to us */
		if (bad == 0 && at > 7 && at < size - 20)
			continue;
		assert_true(bad > 0);
	}
}

/* An index that has two objects' places the wrong way round: nothing but the
 * hash can tell. */
static void
swap_places(struct sandbox *s)
{
	sh(s,
	    "f=$(echo .git/objects/pack/*.idx) && chmod u+w $f && "
	    "python3 -c 'import sys; f = open(sys.argv[1], \"r+b\"); "
	    "at = 8 + 1024 + 2 * 24; f.seek(at); b = f.read(8); f.seek(at); "
	    "f.write(b[4:] + b[:4])' $f");
}

/* The same of one that is open: so short an index is in memory of its own. */
static void
swap_places_in_memory(struct gv_odb *odb)
{
	unsigned char *at = (unsigned char *)(uintptr_t)odb->packs->offsets;
	unsigned char was[4];

	assert_true(odb->packs->is_read);
	memcpy(was, at, 4);
	memcpy(at, at + 4, 4);
	memcpy(at + 4, was, 4);
}

static void
damage_is_told_each_time_and_what_is_whole_hashed_once(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid ids[2];
	struct gv_object obj;
	struct gv_odb *odb;
	int i;

	ids[0] = ID(s, "echo one | git hash-object -w --stdin");
	ids[1] = ID(s, "echo two | git hash-object -w --stdin");
	sh(s,
	    "git cat-file --batch-check='%%(objectname)' "
	    "--batch-all-objects | "
	    "git pack-objects -q .git/objects/pack/pack && git prune-packed");
	swap_places(s);
	odb = open_odb(s);
	gv_odb_set_once(odb);
	for (i = 0; i < 4; i++) {
		assert_int_equal(
		    gv_odb_read(odb, &obj, &ids[i % 2]), GV_ECORRUPT);
		assert_non_null(strstr(gv_err_message(), hex_of(&ids[i % 2])));
	}
	gv_odb_close(odb);
	swap_places(s);
	odb = open_odb(s);
	gv_odb_set_once(odb);
	for (i = 0; i < 3; i++) {
		assert_int_equal(gv_odb_read(odb, &obj, &ids[0]), 0);
		assert_int_equal(obj.len, 4);
		gv_object_release(&obj);
		if (i == 0)
			swap_places_in_memory(odb);
	}
	/* it was not read yet, so it is looked at */
	assert_int_equal(gv_odb_read(odb, &obj, &ids[1]), GV_ECORRUPT);
	gv_odb_close(odb);
}

#define PY "python3 -c 'import sys, zlib; sys.stdout.buffer.write("

static void
damaged_loose_objects_are_named(void **state)
{
	struct sandbox *s = *state;
	static const char *const damage[] = {
		": >$f",                          /* empty */
		"echo no zlib >$f",               /* something else */
		"head -c 300 $f >t && cat t >$f", /* cut short */
		"cat $g >$f",                     /* another object */
		PY "zlib.compress(b\"blob 99999999999999999999\\0x\"))' >$f",
		PY "zlib.compress(b\"blob 999999999\\0x\"))' >$f",
		PY "zlib.compress(b\"blob 1\\0xyz\"))' >$f",
		PY "zlib.compress(b\"blub 1\\0x\"))' >$f",
		PY "zlib.compress(b\"blob \\0x\"))' >$f",
		"rm -f $f && mkdir $f",
	};
	struct gv_oid id, other;
	struct gv_object obj;
	struct gv_odb *odb = open_odb(s), *strict = open_strict(s);
	size_t i, size;
	enum gv_otype type;
	char path[128], other_path[128];

	other = ID(s, "echo other | git hash-object -w --stdin");
	snprintf(other_path, sizeof(other_path), ".git/objects/%.2s/%s",
	    hex_of(&other), hex_of(&other) + 2);
	for (i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		id = ID(s, "seq 1 1000 | git hash-object -w --stdin");
		snprintf(path, sizeof(path), ".git/objects/%.2s/%s",
		    hex_of(&id), hex_of(&id) + 2);
		sh(s, "f=%s; g=%s; chmod u+w $f; %s", path, other_path,
		    damage[i]);
		assert_int_equal(gv_odb_read(odb, &obj, &id), GV_ECORRUPT);
		assert_non_null(strstr(gv_err_message(), hex_of(&id)));
		assert_int_equal(gv_odb_read(strict, &obj, &id), GV_ECORRUPT);
		assert_non_null(strstr(gv_err_message(), hex_of(&id)));
		gv_odb_read_header(odb, &type, &size, &id);
		sh(s, "rm -rf %s", path);
	}
	gv_odb_close(strict);
	gv_odb_close(odb);
}

static void
a_damaged_index_is_said_to_be_why(void **state)
{
	struct sandbox *s = *state;
	static const char *const damage[] = {
		": >$f",
		"head -c 900 $f >t && cat t >$f",
		"head -c 1090 $f >t && cat t >$f",
		"printf '\\377tOc\\0\\0\\0\\3' | dd of=$f conv=notrunc",
		"printf '\\377\\377' | dd of=$f seek=8 bs=1 conv=notrunc",
	};
	struct gv_oid id;
	struct gv_object obj;
	size_t i;

	id = ID(s, "echo x | git hash-object -w --stdin");
	sh(s,
	    "git rev-parse --git-dir >/dev/null; echo %s | "
	    "git pack-objects -q .git/objects/pack/pack && git prune-packed; "
	    "chmod u+w .git/objects/pack/*.idx; "
	    "cp .git/objects/pack/*.idx good",
	    hex_of(&id));
	for (i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		struct gv_odb *odb;

		sh(s,
		    "f=$(echo .git/objects/pack/*.idx); cat good >$f; "
		    "(%s) 2>/dev/null",
		    damage[i]);
		odb = open_odb(s);
		assert_false(gv_odb_has(odb, &id));
		assert_int_equal(gv_odb_read(odb, &obj, &id), GV_ECORRUPT);
		assert_non_null(strstr(gv_err_message(), ".idx is damaged"));
		gv_odb_close(odb);
	}
	/* the right kind of index, but of another pack */
	sh(s, "f=$(echo .git/objects/pack/*.idx); cat good >$f");
	flip(s, ".git/objects/pack/*.idx", -30);
	{
		struct gv_odb *odb = open_odb(s);

		assert_int_equal(gv_odb_read(odb, &obj, &id), GV_ECORRUPT);
		assert_non_null(strstr(gv_err_message(), "its index"));
		gv_odb_close(odb);
	}
}

static int
collect(void *ctx, const void *data, size_t len)
{
	struct gv_buf *b = ctx;

	gv_buf_add(b, data, len);
	return 0;
}

static int
stop_at_once(void *ctx, const void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return GV_ECANCELED;
}

static void
check_stream(struct sandbox *s, const struct gv_oid *id, const char *path)
{
	struct gv_odb *odb = open_odb(s);
	struct gv_buf got = GV_BUF_INIT;

	if (gv_odb_stream(odb, id, collect, &got) < 0)
		fail_msg("%s", gv_err_message());
	put_file(s, "got", got.p, got.len);
	sh(s, "cmp got %s", path);
	assert_int_equal(gv_odb_set_strict(odb), 0);
	got.len = 0;
	if (gv_odb_stream(odb, id, collect, &got) < 0)
		fail_msg("%s", gv_err_message());
	put_file(s, "got", got.p, got.len);
	sh(s, "cmp got %s", path);
	assert_int_equal(
	    gv_odb_stream(odb, id, stop_at_once, NULL), GV_ECANCELED);
	gv_buf_release(&got);
	gv_odb_close(odb);
}

static void
blobs_stream_from_anywhere(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid small, large, delta, near, tree;
	struct gv_odb *odb;

	sh(s,
	    "seq 1 10 >small; seq 1 600000 >large; "
	    "(echo x; cat large) >delta; head -c 1500000 /dev/urandom >noise; "
	    "(echo x; cat noise) >near; git add . && git commit -q -m x");
	small = ID(s, "git rev-parse :small");
	large = ID(s, "git rev-parse :large");
	delta = ID(s, "git rev-parse :delta");
	near = ID(s, "git rev-parse :near");
	tree = ID(s, "git rev-parse HEAD^{tree}");
	check_stream(s, &small, "small");
	check_stream(s, &large, "large");
	check_stream(s, &delta, "delta");
	sh(s, "git repack -adfq");
	sh(s,
	    "git verify-pack -v .git/objects/pack/*.idx | "
	    "grep 'chain length = 1: 2'");
	check_stream(s, &small, "small");
	check_stream(s, &large, "large");
	check_stream(s, &delta, "delta");
	/* with a base that deflate made no smaller */
	check_stream(s, &near, "near");
	odb = open_odb(s);
	assert_int_equal(
	    gv_odb_stream(odb, &tree, stop_at_once, NULL), GV_ECORRUPT);
	gv_odb_close(odb);
}

static void
a_small_one_streamed_is_held_against_its_name(void **state)
{
	struct sandbox *s = *state;
	struct gv_buf got = GV_BUF_INIT;
	struct gv_odb *odb;
	struct gv_oid id;

	sh(s, "git init -q . ; seq 1 10 >a; seq 11 20 >b");
	id = ID(s, "git hash-object -w a");
	odb = open_odb(s);
	assert_int_equal(gv_odb_stream(odb, &id, collect, &got), 0);
	put_file(s, "got", got.p, got.len);
	sh(s, "cmp got a");
	gv_odb_close(odb);
	sh(s,
	    "b=$(git hash-object -w b) && cd .git/objects && rm -f %.2s/%s && "
	    "cp $(echo $b | sed 's,^..,&/,') %.2s/%s",
	    hex_of(&id), hex_of(&id) + 2, hex_of(&id), hex_of(&id) + 2);
	odb = open_odb(s);
	assert_int_equal(gv_odb_stream(odb, &id, collect, &got), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), hex_of(&id)));
	gv_buf_release(&got);
	gv_odb_close(odb);
}

static void
a_stream_tells_of_damage_at_its_end(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid id;
	struct gv_buf got = GV_BUF_INIT;
	struct gv_odb *odb;
	char path[128];

	sh(s, "seq 1 600000 >large");
	id = ID(s, "git hash-object -w large");
	snprintf(path, sizeof(path), ".git/objects/%.2s/%s", hex_of(&id),
	    hex_of(&id) + 2);
	sh(s, "chmod u+w %s", path);
	/* sound in itself, but not what its name says; cut; too long */
	sh(s,
	    "python3 -c 'import sys, zlib; d = open(\"large\", "
	    "\"rb\").read(); d = d.replace(b\"777\", b\"778\"); "
	    "sys.stdout.buffer.write(zlib.compress(b\"blob %%d\\0\" %% "
	    "len(d) + d))' >%s",
	    path);
	odb = open_odb(s);
	assert_int_equal(gv_odb_stream(odb, &id, collect, &got), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), hex_of(&id)));
	assert_int_equal(gv_odb_set_strict(odb), 0);
	assert_int_equal(gv_odb_stream(odb, &id, collect, &got), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), hex_of(&id)));
	sh(s,
	    "python3 -c 'import sys, zlib; d = open(\"large\", "
	    "\"rb\").read(); sys.stdout.buffer.write(zlib.compress("
	    "b\"blob %%d\\0\" %% (len(d) - 9) + d))' >%s",
	    path);
	assert_int_equal(gv_odb_stream(odb, &id, collect, &got), GV_ECORRUPT);
	sh(s,
	    "python3 -c 'import sys, zlib; d = open(\"large\", "
	    "\"rb\").read(); sys.stdout.buffer.write(zlib.compress("
	    "b\"blob %%d\\0\" %% (len(d) + 9) + d))' >%s",
	    path);
	assert_int_equal(gv_odb_stream(odb, &id, collect, &got), GV_ECORRUPT);
	sh(s, "head -c 100000 %s >t && cat t >%s", path, path);
	assert_int_equal(gv_odb_stream(odb, &id, collect, &got), GV_ECORRUPT);
	gv_buf_release(&got);
	gv_odb_close(odb);
}

static void
freshening_sets_the_stamp_of_what_holds_the_object(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid packed, loose;
	struct gv_odb *odb;

	make_history(s, 2);
	packed = ID(s, "git rev-parse HEAD:a");
	sh(s, "git repack -adq");
	loose = ID(s, "echo loose | git hash-object -w --stdin");
	sh(s, "find .git/objects -type f | xargs touch -d 2001-01-01");
	odb = open_odb(s);
	assert_int_equal(gv_odb_freshen(odb, &packed), 1);
	assert_string_equal(
	    sh(s,
		"find .git/objects -newermt 2002-01-01 -type f | "
		"sed 's/.*\\.//'"),
	    "pack");
	assert_int_equal(gv_odb_freshen(odb, &loose), 1);
	sh(s,
	    "test $(find .git/objects -newermt 2002-01-01 -type f | wc -l) "
	    "= 2");
	assert_int_equal(gv_odb_check_relied(odb), 0);
	gv_odb_close(odb);
}

/* Small packs by a table, once a writer has looked often, and loose objects by
 * the folders that there are; a large pack, and what is nowhere, as before. */
static void
a_writer_finds_what_is_in_small_packs_and_large_ones_and_loose(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid id = { { 0 } };
	struct gv_odb *odb;
	char *line;
	size_t n = 0;
	int i;

	sh(s,
	    "i=0; while test $i -lt 10; do i=$((i+1)); echo $i >a; git add a; "
	    "git commit -q -m $i; git repack -q -d; done");
	sh(s,
	    "seq -f 'blob,data 5,%%05g' 1 2500 | tr , '\\n' | "
	    "git fast-import --quiet");
	sh(s,
	    "i=0; while test $i -lt 20; do i=$((i+1)); echo loose $i >f$i; "
	    "echo f$i; done | git hash-object -w --stdin-paths");
	sh(s, "git cat-file --batch-check --batch-all-objects");
	odb = open_odb(s);
	for (i = 0; i < 100; i++) {
		id.id[0] = (unsigned char)i;
		assert_int_equal(gv_odb_freshen(odb, &id), 0);
	}
	for (line = strtok(s->out.p, "\n"); line; line = strtok(NULL, "\n")) {
		assert_int_equal(gv_oid_parse(&id, line), 0);
		assert_int_equal(gv_odb_freshen(odb, &id), 1);
		n++;
	}
	assert_int_equal(n, 2550);
	assert_int_equal(gv_odb_freshen(odb, &gv_oid_empty_blob), 0);
	assert_int_equal(gv_odb_check_relied(odb), 0);
	gv_odb_close(odb);
}

static void
what_cannot_be_freshened_is_to_be_written_anew(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid loose, cruft;
	struct gv_odb *odb = open_odb(s);

	loose = ID(s, "echo loose | git hash-object -w --stdin");
	assert_true(gv_odb_has(odb, &loose));
	sh(s, "rm -rf .git/objects/??");
	assert_int_equal(gv_odb_freshen(odb, &loose), 0);
	gv_odb_close(odb);
	cruft = ID(s, "echo cruft | git hash-object -w --stdin");
	sh(s, "git repack -q --cruft -d && ls .git/objects/pack/*.mtimes");
	odb = open_odb(s);
	assert_true(gv_odb_has(odb, &cruft));
	assert_int_equal(gv_odb_freshen(odb, &cruft), 0);
	gv_odb_close(odb);
}

static void
what_was_relied_on_and_vanished_is_noticed(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid a, b, c;
	struct gv_odb *odb;

	make_history(s, 3);
	a = ID(s, "git rev-parse HEAD:a");
	sh(s, "git repack -adq");
	b = ID(s, "echo b | git hash-object -w --stdin");
	odb = open_odb(s);
	assert_int_equal(gv_odb_freshen(odb, &a), 1);
	assert_int_equal(gv_odb_freshen(odb, &b), 1);
	/* moved to another pack: all is well */
	sh(s,
	    "git update-ref refs/b %s && echo new >c && git add c && "
	    "git commit -q -m c && git repack -adfq && git prune-packed",
	    hex_of(&b));
	assert_int_equal(gv_odb_check_relied(odb), 0);
	c = ID(s, "echo c | git hash-object -w --stdin");
	assert_int_equal(gv_odb_refresh(odb), 0);
	assert_int_equal(gv_odb_freshen(odb, &c), 1);
	assert_int_equal(gv_odb_check_relied(odb), 0);
	sh(s, "git prune --expire=now");
	assert_int_equal(gv_odb_check_relied(odb), GV_EEXISTS);
	assert_non_null(strstr(gv_err_message(), hex_of(&c)));
	gv_odb_close(odb);
	/* the same for a pack that went with what it held */
	odb = open_odb(s);
	assert_int_equal(gv_odb_freshen(odb, &b), 1);
	sh(s,
	    "git update-ref -d refs/b && git repack -adq && "
	    "git prune --expire=now");
	assert_int_equal(gv_odb_check_relied(odb), GV_EEXISTS);
	gv_odb_close(odb);
}

static void
a_partial_clone_fetches_what_it_lacks(void **state)
{
	struct sandbox *s = *state;
	struct gv_repo repo = { .partial = true };
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_oid id, none = { { 7 } };
	struct gv_object obj;
	enum gv_otype type;
	size_t size;
	struct gv_odb *odb;
	char here[4096];

	make_history(s, 2);
	sh(s,
	    "git config uploadpack.allowFilter true && "
	    "git config uploadpack.allowAnySHA1InWant true && "
	    "git clone -q --bare --filter=blob:none file://\"$PWD\" p.git");
	id = ID(s, "git rev-parse HEAD:a");
	gv_buf_addf(&dir, "%s/p.git/objects", s->dir);
	repo.objects_dir = dir.p;
	assert_int_equal(gv_odb_open(&odb, &repo), 0);
	assert_false(gv_odb_has(odb, &id));
	assert_non_null(getcwd(here, sizeof(here)));
	gv_buf_truncate(&dir, dir.len - strlen("/objects"));
	assert_int_equal(chdir(dir.p), 0);
	assert_int_equal(gv_odb_read_header(odb, &type, &size, &id), 0);
	assert_int_equal(gv_odb_read(odb, &obj, &id), 0);
	assert_int_equal(size, obj.len);
	assert_int_equal(gv_odb_read(odb, &obj, &none), GV_ENOTFOUND);
	assert_non_null(strstr(gv_err_message(), "partial clone"));
	assert_int_equal(chdir(here), 0);
	gv_object_release(&obj);
	gv_odb_close(odb);
	gv_buf_release(&dir);
}

/* Where no file can be opened, nothing is called damaged or missing. */
static void
running_out_of_descriptors_is_no_damage(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid packed, loose;
	struct gv_object obj;
	struct rlimit few, old;
	struct gv_odb *odb;

	make_history(s, 2);
	packed = ID(s, "git rev-parse HEAD:a");
	sh(s, "git repack -adq");
	loose = ID(s, "echo loose | git hash-object -w --stdin");
	odb = open_odb(s);
	assert_true(gv_odb_has(odb, &packed));
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(gv_odb_read(odb, &obj, &packed), GV_ENOMEM);
	assert_non_null(strstr(gv_err_message(), "Too many open files"));
	assert_int_equal(gv_odb_read(odb, &obj, &loose), GV_ENOMEM);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(gv_odb_read(odb, &obj, &packed), 0);
	gv_object_release(&obj);
	assert_int_equal(gv_odb_read(odb, &obj, &loose), 0);
	gv_object_release(&obj);
	gv_odb_close(odb);
}

struct crowd {
	struct gv_odb *odb;
	struct gv_oid *ids;
	size_t n;
};

static int
read_all(void *ctx, int thread)
{
	struct crowd *crowd = ctx;
	struct gv_object obj;
	size_t i, at;
	int r;

	for (i = 0; i < crowd->n; i++) {
		at = (i * 7 + (size_t)thread * 31) % crowd->n;
		if (thread == 3 && i % 50 == 0)
			gv_odb_refresh(crowd->odb);
		if (!gv_odb_has(crowd->odb, &crowd->ids[at]) ||
		    !gv_odb_freshen(crowd->odb, &crowd->ids[at]))
			return gv_err(GV_ERROR, "object %zu is missing", at);
		r = gv_odb_read(crowd->odb, &obj, &crowd->ids[at]);
		if (r < 0)
			return r;
		gv_object_release(&obj);
	}
	return 0;
}

static void
threads_read_at_once(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid ids[400];
	struct crowd crowd = { open_odb(s), ids, 0 };
	char *line;

	make_history(s, 30);
	sh(s,
	    "git repack -adfq --depth=20; echo 1 >>a; git add a; "
	    "git commit -q -m x");
	sh(s, "git cat-file --batch-check --batch-all-objects");
	for (line = strtok(s->out.p, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(gv_oid_parse(&ids[crowd.n++], line), 0);
	assert_int_equal(crowd.n, 30 * 4 + 1 + 3);
	if (gv_workers_run(4, read_all, &crowd) < 0)
		fail_msg("%s", gv_err_message());
	gv_odb_close(crowd.odb);
}

/* Those that nobody reads from are closed, not those that somebody does. */
static void
threads_read_more_packs_than_can_be_open(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid ids[80];
	struct crowd crowd = { NULL, ids, 0 };
	struct rlimit few, old;
	char *line;

	sh(s,
	    "for i in $(seq 80); do echo $i | git hash-object -w --stdin | "
	    "tee -a ids | git pack-objects -q .git/objects/pack/pack; done "
	    ">/dev/null; git prune-packed; cat ids");
	for (line = strtok(s->out.p, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(gv_oid_parse(&ids[crowd.n++], line), 0);
	assert_int_equal(crowd.n, 80);
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = 24;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	crowd.odb = open_odb(s);
	if (gv_workers_run(4, read_all, &crowd) < 0)
		fail_msg("%s", gv_err_message());
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	gv_odb_close(crowd.odb);
}

static void
places_are_in_the_order_of_the_pack(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid id, loose;
	struct gv_odb *odb;
	uint64_t last = 0, at;
	char *line;

	make_history(s, 4);
	sh(s, "git repack -adq");
	loose = ID(s, "echo loose | git hash-object -w --stdin");
	odb = open_odb(s);
	sh(s,
	    "git show-index <$(echo .git/objects/pack/*.idx) | sort -n | "
	    "cut -d' ' -f2");
	for (line = strtok(s->out.p, "\n"); line; line = strtok(NULL, "\n")) {
		assert_int_equal(gv_oid_parse(&id, line), 0);
		at = gv_odb_place(odb, &id);
		assert_true(at > last);
		last = at;
	}
	assert_true(gv_odb_place(odb, &loose) > last);
	gv_odb_close(odb);
}

struct tally {
	size_t n;
	bool has_loose;
	struct gv_oid loose;
};

static int
count_object(void *ctx, const struct gv_oid *id)
{
	struct tally *t = ctx;

	t->n++;
	t->has_loose |= gv_oid_equal(id, &t->loose);
	return t->n == 1000 ? GV_ECANCELED : 0;
}

static void
all_objects_are_given_one_by_one(void **state)
{
	struct sandbox *s = *state;
	struct tally t = { 0 };
	struct gv_odb *odb;

	make_history(s, 4);
	sh(s, "git repack -adq");
	t.loose = ID(s, "echo loose | git hash-object -w --stdin");
	odb = open_odb(s);
	assert_int_equal(gv_odb_health_each(odb, count_object, &t), 0);
	assert_int_equal(t.n, 4 * 4 + 1 + 1);
	assert_true(t.has_loose);
	t.n = 999;
	assert_int_equal(
	    gv_odb_health_each(odb, count_object, &t), GV_ECANCELED);
	assert_int_equal(t.n, 1000);
	gv_odb_close(odb);
}

#define T(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

UNIT(odb)
{
	const struct CMUnitTest tests[] = {
		T(loose_objects_are_read),
		T(packs_of_any_kind_are_read),
		T(all_objects_are_given_one_by_one),
		T(what_is_not_there_is_not_found),
		T(another_type_is_refused),
		T(alternates_are_followed),
		T(what_came_later_is_seen_after_a_refresh_or_at_a_read),
		T(a_damaged_pack_entry_is_named_and_the_others_are_read),
		T(what_is_skimmed_is_held_against_its_name_on_request),
		T(no_damage_to_a_pack_goes_unseen),
		T(damage_is_told_each_time_and_what_is_whole_hashed_once),
		T(damaged_loose_objects_are_named),
		T(a_damaged_index_is_said_to_be_why),
		T(blobs_stream_from_anywhere),
		T(a_small_one_streamed_is_held_against_its_name),
		T(a_stream_tells_of_damage_at_its_end),
		T(freshening_sets_the_stamp_of_what_holds_the_object),
		T(a_writer_finds_what_is_in_small_packs_and_large_ones_and_loose),
		T(what_cannot_be_freshened_is_to_be_written_anew),
		T(what_was_relied_on_and_vanished_is_noticed),
		T(a_partial_clone_fetches_what_it_lacks),
		T(running_out_of_descriptors_is_no_damage),
		T(threads_read_at_once),
		T(threads_read_more_packs_than_can_be_open),
		T(places_are_in_the_order_of_the_pack),
	};

	return UNIT_RUN(tests);
}
