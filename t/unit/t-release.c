/* Whatever holds memory can be released before it was made, as free() takes
 * NULL: who cleans up need not know how far it came. */
#include "unit.h"

#include "key/gitsign.h"
#include "key/keyring_age.h"
#include "key/keyring_store_internal.h"
#include "safe/inventory.h"
#include "safe/lifecycle.h"
#include "safe/safe_internal.h"
#include "seal/seal_internal.h"
#include "seal/withheld.h"
#include "secret/key.h"
#include "secret/secret_leaked.h"
#include "secret/secret_shared.h"
#include "secret/valuefile.h"
#include "state/track.h"
#include "state/track_internal.h"
#include "state/track_mask.h"
#include "state/track_reseal.h"
#include "statelock/statelock.h"
#include "toolstate/state_triage.h"

static void
nothing_can_be_released(void **state)
{
	(void)state;
	gv_gitsign_release(NULL);
	gv_inventory_release(NULL);
	gv_key_report_release(NULL);
	gv_keyring_ages_release(NULL);
	gv_keyring_kept_release(NULL);
	gv_keyring_link_release(NULL);
	gv_lifecycle_release(NULL);
	gv_safe_scope_free(NULL);
	gv_seal_batch_release(NULL);
	gv_seal_list_release(NULL);
	gv_secret_leaked_release(NULL);
	gv_secret_shared_release(NULL);
	gv_state_triage_release(NULL);
	gv_statelock_list_release(NULL);
	gv_statelock_release(NULL);
	gv_track_mask_free(NULL);
	gv_track_parts_release(NULL);
	gv_track_resealed_release(NULL);
	gv_track_saved_release(NULL);
	gv_valuefile_release(NULL);
	gv_withheld_release(NULL);
}

static void
what_is_empty_can_be_released_twice(void **state)
{
	struct gv_key_report report = { .n_values = 0 };
	struct gv_track_saved saved = { .is_new = false };
	struct gv_statelock lock = { .damage = NULL };
	struct gv_withheld list = { .n = 0 };

	(void)state;
	gv_key_report_release(&report);
	gv_key_report_release(&report);
	gv_track_saved_release(&saved);
	gv_track_saved_release(&saved);
	gv_statelock_release(&lock);
	gv_statelock_release(&lock);
	gv_withheld_release(&list);
	gv_withheld_release(&list);
	assert_null(list.entries);
	assert_null(report.values);
	assert_null(saved.version.env);
}

UNIT(release)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_can_be_released),
		cmocka_unit_test(what_is_empty_can_be_released_twice),
	};

	return UNIT_RUN(tests);
}
