#!/bin/bash
# Shows that the simulator bites: breaks copies of the engine's, the writer's and the messages'
# sources on purpose, one at a time, and expects engine_sim to go red on each. A defect that no
# longer applies to the sources, or does not compile, is a failure too: mend it here.
#
#   defects.sh CC SEEDS MAIN_OBJECT LIBRARY...     what CMakeLists.txt hands over
#   FZ_ONLY=NAME  one of them, with what the simulator said
# FZ_SANITIZE must be what the libraries were built with.
# shellcheck disable=SC2016 # $1 in a change is Perl's
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cc=$1 seeds=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

engine=switch/engine/engine.c
writer=ledger/store/writer.c
lock=ledger/store/commit_lock.c
write=ledger/store/commit_write.c
statements=ledger/store/commit_statements.c

looks=(clock_gettime fz_writer_commit fz_commit_send_lock fz_commit_send_hint fz_decide fz_log_err)
flags=(-std=c17 -D_GNU_SOURCE -O0 -w -fPIC)
flags+=(-I "$top" -I "$top/include" -I "$(pg_config --includedir)")
link=("${looks[@]/#/-Wl,--wrap=}")
if [ -n "${FZ_SANITIZE:-}" ]; then
    link+=("-fsanitize=$FZ_SANITIZE" -fno-sanitize-recover=all)
fi
objects=("$1" "-Wl,--start-group" "${@:2}" "-Wl,--end-group" -lcriterion -lpq -lcrypto)

red=0 survivors=()

# defect NAME FILE PERL [TIMES]: PERL changes the text of FILE. What only a rare history shows gets
# so many times the seeds.
defect() {
    local name=$1 file=$2 change=$3 tries=$((seeds * ${4:-1})) rc=0
    if [ -n "${FZ_ONLY:-}" ] && [ "$FZ_ONLY" != "$name" ]; then
        return
    fi
    perl -0pe "$change" "$top/$file" >"$work/broken.c"
    if cmp -s "$top/$file" "$work/broken.c"; then
        echo "FAIL $name: does not apply to $file any more" >&2
        survivors+=("$name")
        return
    fi
    if ! "$cc" "${flags[@]}" -c "$work/broken.c" -o "$work/broken.o" ||
        ! "$cc" "$work/broken.o" "${objects[@]}" "${link[@]}" -o "$work/sim"; then
        echo "FAIL $name: does not compile" >&2
        survivors+=("$name")
        return
    fi
    FZ_SEEDS=$tries timeout 60 "$work/sim" >"$work/out" 2>&1 || rc=$?
    if [ "$rc" = 0 ]; then
        echo "FAIL $name: nobody noticed in $tries seeds" >&2
        survivors+=("$name")
        return
    fi
    red=$((red + 1))
    printf '%-28s %s\n' "$name" "$(grep -aoE 'VIOLATION.*|Assert.*|.*assertion.*|ERROR: .*' \
        "$work/out" | head -1 | cut -c1-90)"
    if [ -n "${FZ_ONLY:-}" ]; then
        cat "$work/out"
    fi
}

# --- the engine
defect forgets_a_job $engine \
    's/(for \(unsigned i = )0(; i < batch->len; i\+\+\) \{\s+batch->jobs\[i\]->done)/${1}1$2/'
defect answers_twice $engine 's/(batch->jobs\[i\]->done\(batch->jobs\[i\], rc\);)/$1 $1/'
defect last_in_first_out $engine \
    's/\*engine->last = job;\s+engine->last = &job->next;/job->next = engine->first;
    engine->first = job; if (job->next == NULL) { engine->last = &job->next; }/'
defect mixes_communities $engine 's/job->community != batch->community/false/'
defect takes_while_draining $engine 's/if \(engine->draining\)/if (false)/'
defect says_done_to_all $engine 's/(batch->jobs\[i\]->done\(batch->jobs\[i\], )rc/${1}FZ_OK/'
defect waiting_is_unknown $engine 's/(job->done\(job, )FZ_UNAVAILABLE/${1}FZ_OUTCOME_UNKNOWN/'
defect waits_for_ever $engine 's/> FZ_COMMAND_TIMEOUT_MS/> 1000 * FZ_COMMAND_TIMEOUT_MS/'
defect counts_wrong $engine 's/(engine->waiting)--;/$1 -= 0;/'
defect queue_one_too_long $engine \
    's/engine->waiting >= FZ_QUEUE_MAX/engine->waiting > FZ_QUEUE_MAX/'
defect drained_too_early $engine 's/ && engine->in_flight == NULL;/;/'
defect never_drained $engine \
    's/(engine->draining = true;)\s+return [^;]*;/$1 return false;/'
defect found_again_is_not_told $engine \
    's/(command->result.state != 0 &&)( !fz_id_is_zero)/$1 !command->replayed \&\&$2/'

# --- the writer
defect answers_before_commit $writer \
    's/(send_all\(writer, rc\);)(\s+\})/$1 finish(writer, FZ_OK); enter(writer, PHASE_IDLE);$2/'
defect lost_commit_is_a_failure $writer 's/writer->maybe_committed = true;/(void)0;/'
defect every_loss_is_unknown $writer \
    's/writer->phase == PHASE_WRITING && writer->commit_sent && !writer->refused/was_batch/'
defect forgets_an_earlier_commit $writer \
    's/writer->attempts\+\+;/writer->attempts++; writer->maybe_committed = false;/'
defect takes_rollback_for_commit $writer \
    's/if \(strcmp\(PQcmdStatus\(result\), "COMMIT"\) != 0\)/if (false)/'
defect resends_without_a_look $writer \
    's/return fz_commit_take\(/if (writer->maybe_committed \&\&
    writer->sent.statements[writer->taken] == FZ_COMMIT_OPERATIONS) { return FZ_OK; } return
    fz_commit_take(/'
defect decides_on_stale_rows $writer \
    's/return fz_commit_take\(/if (writer->attempts > 1 \&\& writer->sent.statements[writer->taken]
    == FZ_COMMIT_ACCOUNTS) { writer->state->accounts_len = 0; return FZ_OK; }
    return fz_commit_take(/'
defect attempts_never_reset $writer 's/writer->attempts = 0;/(void)0;/'
defect attempts_without_end $writer 's/writer->attempts < FZ_COMMIT_ATTEMPTS_MAX/true/'
defect a_batch_without_end $writer \
    's/now_ms - writer->started_us \/ 1000 > FZ_COMMAND_TIMEOUT_MS/false/'
defect believes_a_panic $writer 's/strcmp\(severity, "ERROR"\) == 0/true/'
defect own_trouble_is_a_refusal $writer \
    's/if \(!writer->refused && rc != FZ_NOT_FOUND\)/if (false)/'
defect found_again_is_no_news $writer 's/is_news = writer->batch[^;]*replayed;/(void)0;/'
defect lost_commit_is_no_news $writer 's/is_news = writer->maybe_committed;/is_news = false;/' 20
defect never_hints $writer 's/(\n        )send_hint\(writer\);/$1(void)0;/'
defect one_loss_is_the_end $writer 's/writer->attempts < FZ_COMMIT_ATTEMPTS_MAX/false/'

# --- the messages
defect head_without_lock $statements 's/ FOR UPDATE OF h//'
defect operations_not_read $lock 's/(\[FZ_COMMIT_OPERATIONS\] = )[^>]*> 0,/${1}false,/'
defect swapped_columns $write \
    's/offsetof\(struct fz_transfer, debit\)/offsetof(struct fz_transfer, credit)/'
defect head_not_written $write 's/(\[FZ_COMMIT_SET_HEAD\] = )[^,]*,/${1}false,/'
defect events_not_written $write 's/(\[FZ_COMMIT_ADD_EVENTS\] = )[^,]*,/${1}false,/'
defect narrow_numbers $write \
    's/(fz_commit_item_int8\([^{]*\{[^}]*\}\s+else \{\s+)fz_pg_item_int8/${1}fz_pg_item_int4/s'

echo "$red defects went red, ${#survivors[@]} did not: ${survivors[*]-}"
[ "${#survivors[@]}" = 0 ]
