#include "unit.h"

#include <string.h>

#include "base/enc.h"
#include "repo/sha1dc.h"

/* The first 320 bytes of a file that was made to have the SHA-1 of another
 * (the SHAttered attack); the last two blocks are what makes it so. */
static const char attack[] =
    "255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474"
    "682032203020522f4865696768742033203020522f547970652034203020522f"
    "537562747970652035203020522f46696c7465722036203020522f436f6c6f72"
    "53706163652037203020522f4c656e6774682038203020522f42697473506572"
    "436f6d706f6e656e7420383e3e0a73747265616d0affd8fffe00245348412d31"
    "20697320646561642121212121852fec092339759c39b1a1c63c4c97e1fffe01"
    "7346dc9166b67e118f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de2"
    "18f86db3a90901d5df45c14f26fedfb3dc38e96ac22fe7bd728f0e45bce046d2"
    "3c570feb141398bb552ef5a0a82be331fea48037b8b5d71f0e332edf93ac3500"
    "eb4ddc0decc1a864790c782c76215660dd309791d06bd0af3f98cda4bc4629b1";

#define ATTACK 320

static void
finds_a_known_attack_however_it_is_cut(void **state)
{
	unsigned char data[ATTACK], id[GV_SHA1DC_LEN];
	static const size_t cuts[] = { ATTACK, 1, 63, 64, 200 };
	struct gv_sha1dc ctx;
	size_t i, at, n;

	(void)state;
	if (!gv_sha1dc_is_here()) /* then it is inside the shared libgit2 */
		return;
	assert_int_equal(gv_enc_unhex(data, attack, ATTACK), 0);
	for (i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		gv_sha1dc_init(&ctx);
		for (at = 0; at < ATTACK; at += n) {
			n = ATTACK - at < cuts[i] ? ATTACK - at : cuts[i];
			gv_sha1dc_update(&ctx, data + at, n);
		}
		assert_false(gv_sha1dc_finish(&ctx, id));
	}
	/* a bit less, and it is as good as any */
	data[ATTACK - 1] ^= 1;
	gv_sha1dc_init(&ctx);
	gv_sha1dc_update(&ctx, data, ATTACK);
	assert_true(gv_sha1dc_finish(&ctx, id));
}

static void
wipes_its_state(void **state)
{
	static const char word[] = "correct horse battery";
	unsigned char id[GV_SHA1DC_LEN];
	struct gv_sha1dc ctx, none = { { 0 } };

	(void)state;
	if (!gv_sha1dc_is_here()) /* then it is inside the shared libgit2 */
		return;
	gv_sha1dc_init(&ctx);
	gv_sha1dc_update(&ctx, word, sizeof(word));
	assert_non_null(memmem(&ctx, sizeof(ctx), word, sizeof(word)));
	assert_true(gv_sha1dc_finish(&ctx, id));
	assert_memory_equal(&ctx, &none, sizeof(ctx));
}

UNIT(sha1dc)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_known_attack_however_it_is_cut),
		cmocka_unit_test(wipes_its_state),
	};

	return UNIT_RUN(tests);
}
