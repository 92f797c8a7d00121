#include "unit.h"

#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/recipient.h"
#include "crypto/ssh.h"
#include "unit/locked.h"

/* What a private key file says, to be told wrongly. */
struct claim {
	const char *cipher, *kdf, *kind, *inner_kind;
	uint32_t keys, second_check;
	size_t padding;
	unsigned char seed_flip, public_flip;
	size_t cut;
};

#define GOOD                                                                   \
	{                                                                      \
		.cipher = "none", .kdf = "none", .kind = "ssh-ed25519",        \
		.inner_kind = "ssh-ed25519", .keys = 1, .second_check = 7      \
	}

static unsigned char pk[32], sk[64];

static void
add_number(struct gv_buf *b, uint32_t n)
{
	unsigned char bytes[4] = { (unsigned char)(n >> 24),
		(unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	gv_buf_add(b, bytes, 4);
}

static void
add_string(struct gv_buf *b, const void *p, size_t len)
{
	add_number(b, (uint32_t)len);
	gv_buf_add(b, p, len);
}

static void
add_hidden(struct gv_buf *b, const struct claim *c)
{
	struct gv_buf in = GV_BUF_INIT;
	unsigned char copy[64];
	char pad = 1;

	memcpy(copy, sk, sizeof(copy));
	copy[0] ^= c->seed_flip;
	add_number(&in, 7);
	add_number(&in, c->second_check);
	add_string(&in, c->inner_kind, strlen(c->inner_kind));
	add_string(&in, pk, 32);
	add_string(&in, copy, 64);
	add_string(&in, "who@where", 9);
	while (in.len % 8)
		gv_buf_addch(&in, pad++);
	if (c->padding)
		in.p[in.len - c->padding] ^= 1;
	add_string(b, in.p, in.len);
	gv_buf_release(&in);
}

static void
write_file(struct gv_buf *out, const struct claim *c)
{
	struct gv_buf b = GV_BUF_INIT, pub = GV_BUF_INIT;
	unsigned char copy[32];
	char text[2000];

	memcpy(copy, pk, sizeof(copy));
	copy[3] ^= c->public_flip;
	gv_buf_add(&b, "openssh-key-v1", 15);
	add_string(&b, c->cipher, strlen(c->cipher));
	add_string(&b, c->kdf, strlen(c->kdf));
	add_string(&b, "", 0);
	add_number(&b, c->keys);
	add_string(&pub, c->kind, strlen(c->kind));
	add_string(&pub, copy, 32);
	add_string(&b, pub.p, pub.len);
	add_hidden(&b, c);
	sodium_bin2base64(text, sizeof(text), (unsigned char *)b.p,
	    b.len - c->cut, sodium_base64_VARIANT_ORIGINAL);
	gv_buf_reset(out);
	gv_buf_addf(out,
	    "-----BEGIN OPENSSH PRIVATE "
	    "KEY-----\n%.70s\n%s\n-----END OPENSSH PRIVATE "
	    "KEY-----\n",
	    text, text + 70);
	gv_buf_release(&b);
	gv_buf_release(&pub);
}

static void
reads_a_private_key(void **state)
{
	struct claim good = GOOD;
	struct gv_buf file = GV_BUF_INIT;
	struct gv_secret key = GV_SECRET_INIT;

	(void)state;
	write_file(&file, &good);
	assert_true(gv_ssh_is_private(file.p, file.len));
	assert_int_equal(gv_ssh_private(&key, file.p, file.len), 0);
	assert_true(gv_secret_is(&key, sk, sizeof(sk)));
	gv_secret_release(&key);
	gv_buf_release(&file);
}

static void
refuses_each_false_claim(void **state)
{
	static const struct {
		struct claim claim;
		int r;
		const char *words;
	} all[] = {
		{ { "aes256-ctr", "bcrypt", "ssh-ed25519", "ssh-ed25519", 1, 7,
		      0, 0, 0, 0 },
		    GV_EREFUSED, "ssh-keygen -p" },
		{ { "none", "bcrypt", "ssh-ed25519", "ssh-ed25519", 1, 7, 0, 0,
		      0, 0 },
		    GV_EREFUSED, "ssh-keygen -p" },
		{ { "none", "none", "ssh-rsa", "ssh-rsa", 1, 7, 0, 0, 0, 0 },
		    GV_EREFUSED, "type cannot be used" },
		{ { "none", "none", "ssh-ed25519", "ssh-rsa", 1, 7, 0, 0, 0,
		      0 },
		    GV_ECORRUPT, "damaged" },
		{ { "none", "none", "ssh-ed25519", "ssh-ed25519", 2, 7, 0, 0, 0,
		      0 },
		    GV_ECORRUPT, "damaged" },
		{ { "none", "none", "ssh-ed25519", "ssh-ed25519", 1, 8, 0, 0, 0,
		      0 },
		    GV_ECORRUPT, "damaged" },
		{ { "none", "none", "ssh-ed25519", "ssh-ed25519", 1, 7, 1, 0, 0,
		      0 },
		    GV_ECORRUPT, "damaged" },
		{ { "none", "none", "ssh-ed25519", "ssh-ed25519", 1, 7, 0, 1, 0,
		      0 },
		    GV_ECORRUPT, "damaged" },
		{ { "none", "none", "ssh-ed25519", "ssh-ed25519", 1, 7, 0, 0, 1,
		      0 },
		    GV_ECORRUPT, "damaged" },
		{ { "none", "none", "ssh-ed25519", "ssh-ed25519", 1, 7, 0, 0, 0,
		      9 },
		    GV_ECORRUPT, "damaged" },
	};
	struct gv_buf file = GV_BUF_INIT;
	struct gv_secret key = GV_SECRET_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		write_file(&file, &all[i].claim);
		if (gv_ssh_private(&key, file.p, file.len) != all[i].r)
			fail_msg("claim %zu: %s", i, gv_err_message());
		assert_message(all[i].words);
		assert_int_equal(key.len, 0);
	}
	gv_secret_release(&key);
	gv_buf_release(&file);
}

/* Whatever is cut off its bytes, and whatever character is another. */
static void
refuses_what_is_cut_or_changed(void **state)
{
	struct claim c = GOOD;
	struct gv_buf file = GV_BUF_INIT;
	struct gv_secret key = GV_SECRET_INIT;
	size_t i;
	int r;

	(void)state;
	for (c.cut = 1; c.cut < 200; c.cut++) {
		write_file(&file, &c);
		assert_int_equal(
		    gv_ssh_private(&key, file.p, file.len), GV_ECORRUPT);
	}
	c.cut = 0;
	write_file(&file, &c);
	for (i = 0; i < file.len; i++) {
		file.p[i] ^= 2;
		r = gv_ssh_private(&key, file.p, file.len);
		/* the two random numbers, the comment and white space are
		 * nobody's concern, as long as they fit */
		if (r == 0)
			assert_true(gv_secret_is(&key, sk, sizeof(sk)));
		else
			assert_int_equal(key.len, 0);
		gv_secret_reset(&key);
		file.p[i] ^= 2;
	}
	assert_int_equal(
	    gv_ssh_private(&key, file.p, file.len - 2), GV_ECORRUPT);
	gv_secret_release(&key);
	gv_buf_release(&file);
}

static void
tells_other_files_from_keys(void **state)
{
	static const char pem[] = "-----BEGIN RSA PRIVATE "
				  "KEY-----\r\nx\n";
	struct gv_secret key = GV_SECRET_INIT;

	(void)state;
	assert_true(gv_ssh_is_private(pem, strlen(pem)));
	assert_int_equal(gv_ssh_private(&key, pem, strlen(pem)), GV_EREFUSED);
	assert_message("the private key is not in OpenSSH");
	assert_false(gv_ssh_is_private("-----BEGIN CERTIFICATE-----\n", 28));
	assert_false(gv_ssh_is_private("", 0));
	assert_int_equal(
	    gv_ssh_private(&key, pem, (size_t)1 << 20), GV_EREFUSED);
}

static void
public_keys_come_back(void **state)
{
	unsigned char back[32];
	struct gv_buf line = GV_BUF_INIT, spaced = GV_BUF_INIT;
	size_t bare, i;

	(void)state;
	assert_int_equal(gv_ssh_add_public(&line, pk), 0);
	bare = line.len;
	assert_true(gv_ssh_is_public(line.p, line.len));
	assert_int_equal(gv_ssh_public(back, line.p, line.len), 0);
	assert_memory_equal(back, pk, 32);
	gv_buf_addstr(&line, " who@where and more");
	assert_int_equal(gv_ssh_public(back, line.p, line.len), 0);
	for (i = 12; i < bare; i++)
		assert_int_equal(gv_ssh_public(back, line.p, i), GV_ECORRUPT);
	gv_buf_addf(&spaced, "ssh-ed25519   %s", line.p + 12);
	assert_int_equal(gv_ssh_public(back, spaced.p, spaced.len), 0);
	assert_memory_equal(back, pk, 32);
	gv_buf_release(&spaced);
	line.p[bare] = 'A';
	assert_int_equal(gv_ssh_public(back, line.p, line.len), GV_ECORRUPT);
	gv_buf_release(&line);
}

/* Half of all numbers are the y of no point. */
static void
a_key_that_is_no_point_is_refused(void **state)
{
	static const unsigned char no_point[32] = { 2 };
	struct gv_recipient to = GV_RECIPIENT_INIT;
	struct gv_buf line = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_ssh_add_public(&line, no_point), 0);
	assert_int_equal(
	    gv_recipient_parse(&to, line.p, line.len), GV_ECORRUPT);
	assert_message("no point of its curve");
	gv_buf_release(&line);
}

static void
other_kinds_are_told_by_name(void **state)
{
	static const char *const all[] = { "ssh-rsa", "ssh-dss",
		"ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com",
		"ssh-ed448" };
	unsigned char out[32];
	struct gv_buf line = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		gv_buf_reset(&line);
		gv_buf_addf(&line, "%s AAAA you", all[i]);
		assert_true(gv_ssh_is_public(line.p, line.len));
		assert_int_equal(
		    gv_ssh_public(out, line.p, line.len), GV_EREFUSED);
		assert_message(all[i]);
	}
	assert_false(gv_ssh_is_public("age1x", 5));
	gv_buf_release(&line);
}

UNIT(ssh)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(reads_a_private_key, locked_all_back),
		cmocka_unit_test_teardown(
		    refuses_each_false_claim, locked_all_back),
		cmocka_unit_test_teardown(
		    refuses_what_is_cut_or_changed, locked_all_back),
		cmocka_unit_test_teardown(
		    tells_other_files_from_keys, locked_all_back),
		cmocka_unit_test(public_keys_come_back),
		cmocka_unit_test(a_key_that_is_no_point_is_refused),
		cmocka_unit_test(other_kinds_are_told_by_name),
	};
	static const unsigned char seed[32] = "a seed of thirty-two bytes here";

	crypto_sign_seed_keypair(pk, sk, seed);
	return UNIT_RUN(tests);
}
