//! The senses as ROS messages: how often each is shown.

use mcap::McapResult;
use neuraxis_core::Stamp;
use neuraxis_messages::View;
use neuraxis_messages::senses::{Place, carrier, encode_reading, is_news};

use super::{GLANCE_PERIOD, RobotSink, VIEW_PERIOD};
use crate::output::Output;
use crate::trace::ReadingRecord;

impl RobotSink {
    /// A sense as a ROS message, if it is time for one or there is news.
    pub(super) fn view(&mut self, output: &mut Output, sense: &ReadingRecord) -> McapResult<()> {
        let slot = usize::from(sense.slot);
        let (Some(shown), Some(scratch)) = (self.blanks.get_mut(slot), self.scratch.get_mut(slot)) else {
            return Ok(());
        };
        let period = match carrier(shown).view {
            View::Each => 0,
            View::Often => VIEW_PERIOD,
            View::Seldom => GLANCE_PERIOD,
        };
        if self.last_view[slot].is_some_and(|last| sense.stamp < last + period)
            && !(scratch.restore(&sense.values, &sense.ranges) && is_news(shown, scratch))
        {
            return Ok(());
        }
        self.last_view[slot] = Some(sense.stamp);
        if !shown.restore(&sense.values, &sense.ranges) {
            return Ok(());
        }
        let place = Place {
            stamp: Stamp(sense.stamp),
            frame: &self.sensor_frames[slot],
            frames: &self.frames,
            sensor: &self.header.body.sensors[slot],
        };
        output.put_encoded(&mut self.views[slot], sense.stamp, |bytes| encode_reading(shown, &place, bytes))
    }
}
