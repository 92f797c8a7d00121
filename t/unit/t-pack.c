#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/pack_internal.h"
#include "object/tree.h"
#include "sys/workers.h"
#include "unit/sandbox.h"

static struct gv_pack *
begin(struct sandbox *s, struct gv_odb *odb)
{
	struct gv_pack_opts opts = {
		.objects_dir = s->objects, .odb = odb, .no_sync = true
	};
	struct gv_pack *pack;

	assert_int_equal(gv_pack_open(&pack, &opts), 0);
	return pack;
}

static struct gv_pack_lane *
lane_of(struct gv_pack *pack)
{
	struct gv_pack_lane *lane;

	assert_int_equal(gv_pack_lane_open(&lane, pack), 0);
	return lane;
}

static struct gv_pack_result
end(struct gv_pack *pack)
{
	struct gv_pack_result res;

	if (gv_pack_finish(pack, &res) < 0)
		fail_msg("%s", gv_err_message());
	gv_pack_unkeep(pack);
	gv_pack_free(pack);
	return res;
}

/* git finds nothing wrong, and would have written the very same index. */
static void
check_with_git(struct sandbox *s)
{
	sh(s,
	    "git fsck --full --strict && cd .git/objects/pack && "
	    "for p in *.pack; do git verify-pack $p && cp $p $p.copy && "
	    "git index-pack -o copy.idx $p.copy && cmp copy.idx ${p%%pack}idx "
	    "|| exit 1; done; rm -f copy.idx *.copy");
	assert_string_equal(
	    sh(s, "ls .git/objects/pack | grep _tmp_; true"), "");
}

static struct gv_oid
add(struct gv_pack_lane *lane, enum gv_otype type, const void *data, size_t len)
{
	struct gv_oid id;

	if (gv_pack_add(lane, &id, type, data, len, NULL) < 0)
		fail_msg("%s", gv_err_message());
	return id;
}

static void
git_reads_what_was_packed(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_buf tree = GV_BUF_INIT, commit = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_pack_result res;
	struct gv_oid id;

	id = add(lane, GV_OTYPE_BLOB, "hello\n", 6);
	gv_tree_add(&tree, GV_MODE_FILE, "a", 1, &id);
	id = add(lane, GV_OTYPE_BLOB, "", 0);
	gv_tree_add(&tree, GV_MODE_EXEC, "b", 1, &id);
	id = add(lane, GV_OTYPE_TREE, tree.p, tree.len);
	gv_oid_format(hex, &id);
	gv_buf_addf(&commit,
	    "tree %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n",
	    hex);
	id = add(lane, GV_OTYPE_COMMIT, commit.p, commit.len);
	gv_oid_format(hex, &id);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	res = end(pack);
	assert_int_equal(res.objects, 4);
	assert_int_equal(res.deltas, 0);
	sh(s, "git update-ref refs/heads/x %s", hex);
	check_with_git(s);
	assert_string_equal(sh(s, "git show x:a"), "hello");
	gv_oid_format(hex, &res.checksum);
	assert_int_equal(
	    atoi(sh(s, "stat -c %%s .git/objects/pack/pack-%s.pack", hex)),
	    res.bytes);
	assert_string_equal(
	    sh(s, "umask 022; stat -c %%a .git/objects/pack/* | sort -u"),
	    "444");
	gv_buf_release(&tree);
	gv_buf_release(&commit);
}

static void
nothing_new_makes_no_file(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_result res;

	assert_int_equal(gv_pack_lane_close(lane_of(pack)), 0);
	res = end(pack);
	assert_int_equal(res.objects, 0);
	assert_string_equal(sh(s, "ls .git/objects/pack"), "");
}

static void
sisters_are_deltas_of_the_first(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	uint64_t seed = 3;
	struct gv_pack_result res;
	struct gv_oid id, sister = { { 0 } };
	int i, j;

	/* enough that the lane's buffer is written out several times */
	for (i = 0; i < 200; i++) {
		gv_pack_group(lane);
		gv_buf_reset(&a);
		add_text(&a, &seed, 60000);
		for (j = 0; j < 3; j++) {
			memcpy(a.p + 100 + 9 * j, "changed", 7);
			id = add(lane, GV_OTYPE_BLOB, a.p, a.len);
			if (i == 100 && j == 2) {
				sister = id;
				gv_buf_add(&b, a.p, a.len);
			}
		}
	}
	assert_int_equal(gv_pack_lane_close(lane), 0);
	res = end(pack);
	assert_int_equal(res.objects, 600);
	/* a sister that the buffer's end cut off stands whole */
	assert_in_range(res.deltas, 390, 400);
	check_with_git(s);
	sh(s,
	    "git verify-pack -v .git/objects/pack/*.idx | "
	    "grep -q '^chain length = 1: ' && "
	    "! git verify-pack -v .git/objects/pack/*.idx | "
	    "grep -q '^chain length = 2'");
	gv_oid_format(hex, &sister);
	put_file(s, "expect", b.p, b.len);
	sh(s, "git cat-file blob %s | cmp - expect", hex);
	gv_buf_release(&a);
	gv_buf_release(&b);
}

struct crowd {
	struct gv_pack *pack;
	atomic_uint added;
};

static int
add_numbers(void *ctx, int thread)
{
	struct crowd *crowd = ctx;
	struct gv_pack_lane *lane;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid id;
	int r = gv_pack_lane_open(&lane, crowd->pack), i, k;
	bool added;

	for (i = 0; r == 0 && i < 5000; i++) {
		/* each in another order */
		k = thread % 2 ? 4999 - i : i;
		gv_buf_reset(&text);
		gv_buf_addf(&text, "number %d\n", k);
		r = gv_pack_add(
		    lane, &id, GV_OTYPE_BLOB, text.p, text.len, &added);
		crowd->added += added;
	}
	gv_buf_release(&text);
	return r < 0 ? r : gv_pack_lane_close(lane);
}

static void
threads_write_each_object_once(void **state)
{
	struct sandbox *s = *state;
	struct crowd crowd = { .pack = begin(s, NULL) };
	struct gv_pack_result res;

	assert_int_equal(gv_workers_run(4, add_numbers, &crowd), 0);
	res = end(crowd.pack);
	assert_int_equal(res.objects, 5000);
	assert_int_equal(crowd.added, 5000);
	check_with_git(s);
}

static void
what_the_repository_has_is_freshened_not_written(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_pack_result res;
	struct gv_odb *odb;
	struct gv_oid id;
	bool added = true;

	sh(s,
	    "echo loose | git hash-object -w --stdin && "
	    "find .git/objects -type f | xargs touch -d 2001-01-01");
	assert_int_equal(gv_odb_open(&odb, &s->repo), 0);
	pack = begin(s, odb);
	lane = lane_of(pack);
	assert_int_equal(
	    gv_pack_add(lane, &id, GV_OTYPE_BLOB, "loose\n", 6, &added), 0);
	assert_false(added);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	res = end(pack);
	assert_int_equal(res.objects, 0);
	assert_string_equal(
	    sh(s, "find .git/objects -type f ! -newermt 2002-01-01"), "");
	gv_odb_close(odb);
}

struct source {
	uint64_t seed, left;
	int fail;
};

static int64_t
give(void *ctx, void *data, size_t len)
{
	struct source *src = ctx;
	size_t i;

	if (src->fail && src->left < 1000)
		return src->fail;
	if (len > src->left)
		len = (size_t)src->left;
	if (len > 50001)
		len = 50001;
	for (i = 0; i < len; i++)
		((char *)data)[i] = (char)(next_number(&src->seed) % 19 + 'a');
	src->left -= len;
	return (int64_t)len;
}

static void
streams_are_what_git_makes_of_them(void **state)
{
	struct sandbox *s = *state;
	static const uint64_t sizes[] = { 0, 1, 1 << 20, (1 << 20) + 1,
		5000000 };
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_oid ids[5];
	unsigned char *data = malloc(5000000);
	size_t i;
	bool added;

	for (i = 0; i < 5; i++) {
		struct source src = { i, sizes[i], 0 };

		assert_int_equal(gv_pack_add_stream(lane, &ids[i], sizes[i],
				     give, &src, &added),
		    0);
		assert_true(added);
		add(lane, GV_OTYPE_BLOB, &i, sizeof(i)); /* in between */
	}
	assert_int_equal(gv_pack_lane_close(lane), 0);
	assert_int_equal(end(pack).objects, 10);
	check_with_git(s);
	for (i = 0; i < 5; i++) {
		struct source src = { i, sizes[i], 0 };
		char hex[GV_OID_HEX + 1];
		size_t n = 0;
		int64_t got;

		while ((got = give(&src, data + n, 5000000 - n)) > 0)
			n += (size_t)got;
		put_file(s, "file", data, n);
		gv_oid_format(hex, &ids[i]);
		assert_string_equal(sh(s, "git hash-object file"), hex);
		sh(s, "git cat-file blob %s | cmp - file", hex);
	}
	free(data);
}

/* So many letters, then as many bytes of any kind, and so on. */
struct mixed {
	uint64_t seed, left, turn;
};

static int64_t
give_mixed(void *ctx, void *data, size_t len)
{
	struct mixed *src = ctx;
	size_t i;

	if (len > src->left)
		len = (size_t)src->left;
	for (i = 0; i < len; i++) {
		const bool any = (src->left - i) / src->turn % 2 == 1;
		const uint32_t n = next_number(&src->seed);

		((char *)data)[i] = (char)(any ? n : n % 19 + 'a');
	}
	src->left -= len;
	return (int64_t)len;
}

static void
noise_in_a_stream_is_stored_and_text_deflated(void **state)
{
	struct sandbox *s = *state;
	static const uint64_t turns[] = { 1, 5000, 200001, 1000000, 9000000 };
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_oid ids[5];
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < 5; i++) {
		struct mixed src = { i, 8000000, turns[i] };

		assert_int_equal(gv_pack_add_stream(lane, &ids[i], 8000000,
				     give_mixed, &src, NULL),
		    0);
	}
	assert_int_equal(gv_pack_lane_close(lane), 0);
	end(pack);
	check_with_git(s);
	for (i = 2; i < 4; i++) {
		gv_oid_format(hex, &ids[i]);
		/* letters take 4.3 bits each */
		assert_in_range(atol(sh(s,
				    "echo %s | git cat-file --batch-check="
				    "'%%(objectsize:disk)'",
				    hex)),
		    6000000, 6600000);
	}
}

/* A tree of `n` entries: the bytes that it takes in the pack. */
static long
packed_tree(struct sandbox *s, size_t *len, int n)
{
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid blob, id;
	char name[16], hex[GV_OID_HEX + 1];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "file-%04d", i);
		assert_int_equal(
		    gv_pack_add(lane, &blob, GV_OTYPE_BLOB, name, 9, NULL), 0);
		gv_tree_add(&tree, GV_MODE_FILE, name, 9, &blob);
	}
	assert_int_equal(
	    gv_pack_add(lane, &id, GV_OTYPE_TREE, tree.p, tree.len, NULL), 0);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	end(pack);
	check_with_git(s);
	*len = tree.len;
	gv_buf_release(&tree);
	gv_oid_format(hex, &id);
	return atol(sh(s,
	    "echo %s | git cat-file --batch-check='%%(objectsize:disk)'", hex));
}

static void
a_small_tree_is_stored_and_a_large_one_deflated(void **state)
{
	struct sandbox *s = *state;
	size_t len;
	long disk = packed_tree(s, &len, 5);

	/* its head; of zlib, of a stored block, and the sum */
	assert_int_equal(disk, len + 2 + 2 + 5 + 4);
	disk = packed_tree(s, &len, 200);
	assert_in_range(disk, 200 * 20, len * 3 / 4);
}

/* Text, and the bytes that it takes in the pack. */
static long
packed_text(struct sandbox *s, const char *text, size_t len, bool is_quick)
{
	const struct gv_pack_opts opts = {
		.objects_dir = s->objects, .is_quick = is_quick, .no_sync = true
	};
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_pack_result res;
	char hex[GV_OID_HEX + 1];
	struct gv_oid id;

	assert_int_equal(gv_pack_open(&pack, &opts), 0);
	lane = lane_of(pack);
	id = add(lane, GV_OTYPE_BLOB, text, len);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	res = end(pack);
	check_with_git(s);
	gv_oid_format(hex, &id);
	assert_int_equal(atol(sh(s, "git cat-file -s %s", hex)), len);
	return (long)res.bytes;
}

/* Codes that are made for ASCII do not fit other scripts, which have their own.
 */
static void
what_is_saved_often_is_packed_quickly(void **state)
{
	struct sandbox *s = *state;
	char text[4096], other[4096];
	long slow, quick;
	size_t i;

	for (i = 0; i < sizeof(text); i++) {
		text[i] = "replicas: 3\n  name: web-"[(i * i / 7 + i) % 24];
		other[i] = (char)(text[i] | 0x80);
	}
	quick = packed_text(s, text, sizeof(text), true);
	slow = packed_text(s, text, sizeof(text) - 1, false);
	assert_true(quick != slow);
	assert_in_range(quick, slow / 2, slow + sizeof(text) / 16);
	quick = packed_text(s, other, sizeof(other), true);
	slow = packed_text(s, other, sizeof(other) - 1, false);
	assert_in_range(quick, slow - 8, slow + 8);
}

static void
a_stream_of_another_length_adds_nothing(void **state)
{
	struct sandbox *s = *state;
	static const uint64_t sizes[] = { 1000, 3000000 };
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_oid id;
	int i;

	for (i = 0; i < 2; i++) {
		struct source longer = { 1, sizes[i] + 1, 0 };
		struct source shorter = { 1, sizes[i] - 1, 0 };
		struct source broken = { 1, sizes[i], GV_ECANCELED };

		assert_int_equal(gv_pack_add_stream(
				     lane, &id, sizes[i], give, &longer, NULL),
		    GV_EEXISTS);
		assert_int_equal(gv_pack_add_stream(
				     lane, &id, sizes[i], give, &shorter, NULL),
		    GV_EEXISTS);
		assert_int_equal(gv_pack_add_stream(
				     lane, &id, sizes[i], give, &broken, NULL),
		    GV_ECANCELED);
		add(lane, GV_OTYPE_BLOB, &i, sizeof(i));
	}
	assert_int_equal(gv_pack_lane_close(lane), 0);
	assert_int_equal(end(pack).objects, 2);
	check_with_git(s);
}

static void
a_large_object_that_is_there_is_taken_back(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct source once = { 5, 4000000, 0 }, twice = once, third = once;
	unsigned char *data = malloc(4000000);
	struct gv_oid a, b, c;
	size_t n = 0;
	bool added;

	while (n < 4000000)
		n += (size_t)give(&third, data + n, 4000000 - n);
	assert_int_equal(
	    gv_pack_add_stream(lane, &a, 4000000, give, &once, &added), 0);
	assert_true(added);
	assert_int_equal(
	    gv_pack_add_stream(lane, &b, 4000000, give, &twice, &added), 0);
	assert_false(added);
	assert_int_equal(
	    gv_pack_add(lane, &c, GV_OTYPE_BLOB, data, n, &added), 0);
	assert_false(added);
	assert_true(gv_oid_equal(&a, &b) && gv_oid_equal(&a, &c));
	data[0] ^= 1;
	assert_int_equal(
	    gv_pack_add(lane, &c, GV_OTYPE_BLOB, data, n, &added), 0);
	assert_true(added);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	assert_int_equal(end(pack).objects, 2);
	check_with_git(s);
	free(data);
}

/* In a process of its own, since the limit stays: exit 0 if all went as it
 * should. The n-th byte of the file is the first that can't be written. */
static void
run_out_of_space(struct sandbox *s, rlim_t limit)
{
	struct rlimit lim = { limit, limit };
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct source src = { 1, 6000000, 0 };
	struct gv_pack_result res;
	struct gv_oid id;
	int r = 0, i;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &lim);
	for (i = 0; r == 0 && i < 200; i++)
		r = gv_pack_add(lane, &id, GV_OTYPE_BLOB, &i, sizeof(i), NULL);
	if (r == 0)
		r = gv_pack_add_stream(lane, &id, 6000000, give, &src, NULL);
	if (r == 0)
		r = gv_pack_lane_close(lane);
	else
		gv_pack_lane_close(lane);
	/* whatever came before, it must not be finished */
	if (gv_pack_finish(pack, &res) != GV_ERROR ||
	    strstr(gv_err_message(), strerror(EFBIG)) == NULL)
		_exit(1);
	(void)r;
	gv_pack_free(pack);
	_exit(0);
}

static void
a_full_disk_leaves_nothing_behind(void **state)
{
	struct sandbox *s = *state;
	static const rlim_t limits[] = { 0, 1, 100, 2000, 1000000, 3400000 };
	size_t i;
	int status;
	pid_t pid;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		pid = fork();
		if (pid == 0)
			run_out_of_space(s, limits[i]);
		waitpid(pid, &status, 0);
		assert_int_equal(status, 0);
		assert_string_equal(sh(s, "ls .git/objects/pack"), "");
	}
}

/* As a full disk does, but at the index: it is longer than so small a pack. */
static void
run_out_of_space_at_the_index(struct sandbox *s)
{
	struct rlimit lim = { 500, 500 };
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_pack_result res;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &lim);
	add(lane, GV_OTYPE_BLOB, "x", 1);
	if (gv_pack_lane_close(lane) != 0 ||
	    gv_pack_finish(pack, &res) != GV_ERROR)
		_exit(1);
	gv_pack_free(pack);
	exit(0);
}

static void
a_full_disk_at_the_index_leaves_nothing_behind(void **state)
{
	struct sandbox *s = *state;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		run_out_of_space_at_the_index(s);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_string_equal(sh(s, "ls .git/objects/pack"), "");
}

static void
a_temporary_file_outlives_git_prune(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_pack_result res;

	add(lane, GV_OTYPE_BLOB, "x", 1);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	sh(s, "git prune --expire=now && git gc -q --prune=now");
	assert_int_equal(gv_pack_finish(pack, &res), 0);
	sh(s, "git index-pack --verify .git/objects/pack/*.pack");
	gv_pack_free(pack);
}

static void
a_temporary_file_that_went_is_an_error(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_pack_result res;

	add(lane, GV_OTYPE_BLOB, "x", 1);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	sh(s, "rm .git/objects/pack/gv_tmp_*");
	assert_int_equal(gv_pack_finish(pack, &res), GV_ERROR);
	assert_non_null(strstr(gv_err_message(), s->objects));
	gv_pack_free(pack);
	assert_string_equal(sh(s, "ls .git/objects/pack"), "");
}

static void
a_kept_pack_outlives_gc_and_an_unkept_one_does_not(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack_opts opts = { .objects_dir = s->objects };
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_pack_result res;
	char hex[GV_OID_HEX + 1];
	struct gv_oid id;

	assert_int_equal(gv_pack_open(&pack, &opts), 0);
	lane = lane_of(pack);
	sh(s, "git commit -q --allow-empty -m x");
	id = add(lane, GV_OTYPE_BLOB, "kept\n", 5);
	gv_oid_format(hex, &id);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	assert_int_equal(gv_pack_finish(pack, &res), 0);
	sh(s,
	    "git repack -adq && git prune-packed && "
	    "git prune --expire=now && git gc -q --prune=now");
	assert_string_equal(sh(s, "git cat-file blob %s", hex), "kept");
	gv_pack_unkeep(pack);
	gv_pack_free(pack);
	assert_string_equal(sh(s, "git cat-file blob %s", hex), "kept");
	sh(s, "git gc -q --prune=now");
	assert_int_not_equal(sh_status(s, "git cat-file -e %s", hex), 0);
}

static void
a_pack_that_no_ref_took_goes_away(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_pack_result res;

	add(lane, GV_OTYPE_BLOB, "x", 1);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	assert_int_equal(gv_pack_finish(pack, &res), 0);
	assert_string_equal(
	    sh(s, "ls .git/objects/pack | sed 's/.*\\.//' | xargs"),
	    "idx keep pack");
	gv_pack_free(pack);
	assert_string_equal(sh(s, "ls .git/objects/pack"), "");
}

static void
an_equal_pack_that_stood_there_stays(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack_result res;
	int i;

	for (i = 0; i < 2; i++) {
		struct gv_pack *pack = begin(s, NULL);
		struct gv_pack_lane *lane = lane_of(pack);

		add(lane, GV_OTYPE_BLOB, "x", 1);
		assert_int_equal(gv_pack_lane_close(lane), 0);
		assert_int_equal(gv_pack_finish(pack, &res), 0);
		if (i == 0)
			gv_pack_unkeep(pack);
		gv_pack_free(pack);
	}
	assert_string_equal(
	    sh(s, "ls .git/objects/pack | sed 's/.*\\.//' | xargs"),
	    "idx pack");
	check_with_git(s);
}

/* Write a pack in a process that is gone before its work is done. */
static void
die_in_the_middle(struct sandbox *s, bool finish)
{
	struct gv_pack_result res;
	int status, i;
	pid_t pid = fork();

	if (pid == 0) {
		struct gv_pack *pack = begin(s, NULL);
		struct gv_pack_lane *lane = lane_of(pack);

		for (i = 0; i < 100; i++)
			add(lane, GV_OTYPE_BLOB, &i, sizeof(i));
		gv_pack_lane_close(lane);
		if (finish)
			gv_pack_finish(pack, &res);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, SIGKILL);
}

static struct gv_pack *
finish_x(struct sandbox *s)
{
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_pack_result res;

	add(lane, GV_OTYPE_BLOB, "x", 1);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	assert_int_equal(gv_pack_finish(pack, &res), 0);
	return pack;
}

/* Two writers of the same bytes at once: whichever of them takes its own away
 * again, what the other has made stays. */
static void
one_of_two_equal_packs_goes_the_other_stays(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack *one, *two;

	one = finish_x(s);
	two = finish_x(s);
	gv_pack_unkeep(two);
	gv_pack_free(one);
	gv_pack_free(two);
	check_with_git(s);
	assert_string_equal(sh(s,
				"echo -n x | git hash-object --stdin | "
				"git cat-file --batch-check='%%(objectsize)'"),
	    "1");
	sh(s, "rm -f .git/objects/pack/*");
	one = finish_x(s);
	two = finish_x(s);
	gv_pack_unkeep(one);
	gv_pack_free(two);
	gv_pack_free(one);
	check_with_git(s);
	assert_string_equal(
	    sh(s, "ls .git/objects/pack | sed 's/.*[.]//'"), "idx\npack");
}

static void
a_sweep_takes_what_the_dead_left(void **state)
{
	struct sandbox *s = *state;

	die_in_the_middle(s, false);
	sh(s, "ls .git/objects/pack | grep -q '^gv_tmp_'");
	assert_int_equal(gv_pack_sweep(s->objects), 0);
	assert_string_equal(sh(s, "ls .git/objects/pack"), "");

	die_in_the_middle(s, true);
	assert_int_equal(gv_pack_sweep(s->objects), 0);
	assert_string_equal(
	    sh(s, "ls .git/objects/pack | sed 's/.*\\.//' | xargs"),
	    "idx pack");
	check_with_git(s);

	/* nothing to sweep; and nowhere to */
	assert_int_equal(gv_pack_sweep("/nowhere/at/all"), 0);
	put_file(s, "pack", "x", 1);
	assert_int_equal(gv_pack_sweep(s->dir), GV_ERROR);

	/* killed between the two renames */
	sh(s, "rm -f .git/objects/pack/*");
	die_in_the_middle(s, true);
	sh(s, "rm .git/objects/pack/*.idx");
	assert_int_equal(gv_pack_sweep(s->objects), 0);
	assert_string_equal(sh(s, "ls .git/objects/pack"), "");
}

static void
a_sweep_leaves_what_is_not_ours_or_alive(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack *pack = begin(s, NULL);
	struct gv_pack_lane *lane = lane_of(pack);
	struct gv_pack_result res;
	static const char *const foreign[] = {
		"tmp_pack_abcdef",
		"gv_tmp_notanumber",
		"pack-1.keep",
		"pack-2.keep",
		"pack-3.keep",
	};
	size_t i;

	put_file(s, ".git/objects/pack/tmp_pack_abcdef", "x", 1);
	put_file(s, ".git/objects/pack/gv_tmp_notanumber", "x", 1);
	put_file(s, ".git/objects/pack/pack-1.keep", "", 0);
	put_file(s, ".git/objects/pack/pack-2.keep", "kept by me\n", 11);
	put_file(s, ".git/objects/pack/pack-3.keep",
	    "git-vault 999999999 not.this.host\n", 34);
	add(lane, GV_OTYPE_BLOB, "x", 1);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	sh(s, "ls .git/objects/pack | grep -q '^gv_tmp_[0-9]'");
	assert_int_equal(gv_pack_sweep(s->objects), 0);
	assert_int_equal(gv_pack_finish(pack, &res), 0);
	assert_int_equal(gv_pack_sweep(s->objects), 0);
	sh(s, "test -f .git/objects/pack/pack-*[0-9a-f]?.keep");
	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		sh(s, "test -f .git/objects/pack/%s", foreign[i]);
	gv_pack_free(pack);
}

/* A pack with a hole of 5 GiB in it, as an index of our own tells it. */
static void
offsets_beyond_4_gib_are_found(void **state)
{
	struct sandbox *s = *state;
	static const unsigned char blob[] = { /* "far\n", deflated */
		0x34, 0x78, 0x01, 0x01, 0x04, 0x00, 0xfb, 0xff, 'f', 'a', 'r',
		'\n', 0x03, 0xad, 0x01, 0x44
	};
	static const unsigned char head[] = "PACK\0\0\0\2\0\0\0\3";
	static const uint64_t at[] = { 12, UINT64_C(0x80000000),
		UINT64_C(0x140000000) };
	struct gv_pack_entry entries[3];
	struct gv_buf idx = GV_BUF_INIT, path = GV_BUF_INIT;
	struct gv_oid id, sum = { { 1, 2, 3 } };
	struct gv_odb *odb;
	struct gv_object obj;
	char hex[GV_OID_HEX + 1];
	int fd, i;

	sh(s, "printf 'far\\n' | git hash-object --stdin");
	id = oid_of_output(s);
	gv_oid_format(hex, &sum);
	gv_buf_addf(&path, "%s/pack/pack-%s.pack", s->objects, hex);
	fd = open(path.p, O_WRONLY | O_CREAT, 0666);
	assert_true(pwrite(fd, head, 12, 0) == 12);
	for (i = 0; i < 3; i++) {
		entries[i].offset = at[i];
		entries[i].crc = 0;
		entries[i].oid = id;
		entries[i].oid.id[GV_OID_RAW - 1] ^= (unsigned char)(2 - i);
		assert_true(pwrite(fd, blob, sizeof(blob), (off_t)at[i]) ==
		    sizeof(blob));
	}
	assert_true(pwrite(fd, sum.id, GV_OID_RAW,
			(off_t)(at[2] + sizeof(blob))) == GV_OID_RAW);
	close(fd);
	assert_int_equal(gv_pack_index(&idx, entries, 3, &sum), 0);
	gv_buf_reset(&path);
	gv_buf_addf(&path, ".git/objects/pack/pack-%s.idx", hex);
	put_file(s, path.p, idx.p, idx.len);
	gv_oid_format(hex, &id);
	assert_string_equal(sh(s, "git cat-file blob %s", hex), "far");
	assert_int_equal(gv_odb_open(&odb, &s->repo), 0);
	assert_int_equal(gv_odb_read(odb, &obj, &id), 0);
	assert_string_equal(obj.data, "far\n");
	/* the others are there too, but are not what they are called */
	gv_object_release(&obj);
	id.id[GV_OID_RAW - 1] ^= 1;
	assert_int_equal(gv_odb_read(odb, &obj, &id), GV_ECORRUPT);
	gv_odb_close(odb);
	gv_buf_release(&idx);
	gv_buf_release(&path);
}

static void
a_missing_pack_folder_is_made_and_a_lost_one_is_an_error(void **state)
{
	struct sandbox *s = *state;
	struct gv_pack_opts opts = { .objects_dir = "/proc/nowhere" };
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_pack_result res;

	sh(s, "rm -rf .git/objects/pack");
	pack = begin(s, NULL);
	lane = lane_of(pack);
	add(lane, GV_OTYPE_BLOB, "x", 1);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	end(pack);
	check_with_git(s);
	assert_int_equal(gv_pack_open(&pack, &opts), 0);
	lane = lane_of(pack);
	add(lane, GV_OTYPE_BLOB, "x", 1);
	assert_int_equal(gv_pack_lane_close(lane), GV_ERROR);
	assert_non_null(strstr(gv_err_message(), "/proc/nowhere/pack"));
	assert_int_equal(gv_pack_finish(pack, &res), GV_ERROR);
	gv_pack_free(pack);
}

#define T(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

UNIT(pack)
{
	const struct CMUnitTest tests[] = {
		T(git_reads_what_was_packed),
		T(nothing_new_makes_no_file),
		T(sisters_are_deltas_of_the_first),
		T(threads_write_each_object_once),
		T(what_the_repository_has_is_freshened_not_written),
		T(streams_are_what_git_makes_of_them),
		T(noise_in_a_stream_is_stored_and_text_deflated),
		T(a_small_tree_is_stored_and_a_large_one_deflated),
		T(what_is_saved_often_is_packed_quickly),
		T(a_stream_of_another_length_adds_nothing),
		T(a_large_object_that_is_there_is_taken_back),
		T(a_full_disk_leaves_nothing_behind),
		T(a_full_disk_at_the_index_leaves_nothing_behind),
		T(a_temporary_file_outlives_git_prune),
		T(a_temporary_file_that_went_is_an_error),
		T(a_kept_pack_outlives_gc_and_an_unkept_one_does_not),
		T(a_pack_that_no_ref_took_goes_away),
		T(an_equal_pack_that_stood_there_stays),
		T(one_of_two_equal_packs_goes_the_other_stays),
		T(a_sweep_takes_what_the_dead_left),
		T(a_sweep_leaves_what_is_not_ours_or_alive),
		T(offsets_beyond_4_gib_are_found),
		T(a_missing_pack_folder_is_made_and_a_lost_one_is_an_error),
	};

	return UNIT_RUN(tests);
}
