# frozen_string_literal: true

# Register's jobs as its Sidekiq knows them: their names, queues and retries (commit e994affb). Each notes what it was
# given, and then does what it was told to: nothing, fail, take its time, or come again as a poll does. Where WORKS_URL is
# set, somebody there does what Register's own job does (works.ts), and says how it ends.
# Started by sandbox/sidekiq/index.ts as `sidekiq -r register.rb`.

require "json"
require "net/http"
require "sidekiq"
require "active_job"
require "active_support/time"
require "global_id"

Time.zone_default = Time.find_zone!("UTC")
GlobalID.app = "register-trainee-teachers"
ActiveJob::Base.include(Sidekiq::Worker::Options)
ActiveJob::Base.queue_adapter = :sidekiq
ActiveJob::Base.logger = Logger.new(File::NULL)
Sidekiq.logger.level = Logger::WARN
Sidekiq.options[:poll_interval_average] = Float(ENV.fetch("POLL_SECONDS", "0.5"))

# Ends with whoever started it.
parent = Process.ppid
Thread.new do
  sleep(0.5) while Process.ppid == parent
  exit!(1)
end

NOTES = Redis.new(url: ENV.fetch("NOTES_URL"))

# A trainee, of whom only the number is known. Those of the set "gone" are not there.
class Trainee
  include GlobalID::Identification
  attr_reader :id

  def initialize(id)
    @id = id
  end

  def self.find(id)
    gone = NOTES.sismember("gone", id)
    raise ActiveRecord::RecordNotFound, "Couldn't find Trainee with 'id'=\"#{id}\"" if gone

    new(id)
  end
end

module ActiveRecord
  class RecordNotFound < StandardError; end
end

module Dttp
  module Client
    class HttpError < StandardError; end
  end
end

module Net
  class ReadTimeout < StandardError; end unless const_defined?(:ReadTimeout)
end

class RegisterJob < ActiveJob::Base
  queue_as :default

  def perform(*given)
    note("began", given)
    obey(order(given), given)
    note("ended", given)
  end

  private

  def note(what, given)
    arguments = given.map { |one| { type: one.class.inspect, value: value_of(one) } }
    said = { what: what, job: self.class.name, jobId: job_id, jid: provider_job_id, queue: queue_name, arguments: arguments }
    NOTES.rpush("ran", JSON.generate(said))
  end

  def value_of(one)
    case one
    when Trainee then one.id
    when ActiveSupport::TimeWithZone then "#{one.iso8601(9)} #{one.time_zone.name}"
    else one.to_s
    end
  end

  # What this job was told to do for this trainee, or for every one.
  def order(given)
    who = given.first.is_a?(Trainee) ? given.first.id : "-"
    text = NOTES.hmget("orders", "#{self.class.name} #{who}", self.class.name).compact.first
    order = JSON.parse(text || "{}")
    ENV.fetch("WORKS_URL", "").empty? || order["error"] ? order : order.merge(works(given))
  end

  def works(given)
    said = given.map { |one| one.is_a?(ActiveSupport::TimeWithZone) ? one.iso8601(6) : one && value_of(one).to_s }
    body = JSON.generate({ job: self.class.name, arguments: said })
    JSON.parse(Net::HTTP.post(URI(ENV.fetch("WORKS_URL")), body).body)
  end

  def obey(order, given)
    sleep(order["seconds"]) if order["seconds"]
    given = [given.first, Time.zone.parse(order["until"])] if order["until"]
    self.class.set(wait: order["again"]).perform_later(*given) if order["again"]
    raise Object.const_get(order["error"]), order["message"].to_s if order["error"]
  end
end

# class name => [queue, retry, whether retry_on catches DTTP's errors]
{
  "RetrieveTrnJob" => ["default", true, true],
  "RetrieveAwardJob" => ["default", true, true],
  "ChangeTraineeStatusJob" => ["default", true, true],
  "RecommendForAwardJob" => ["default", true, true],
  "WithdrawJob" => ["default", true, true],
  "DeferJob" => ["default", true, true],
  "ReinstateJob" => ["default", true, true],
  "RegisterForTrnJob" => ["default", 0, false],
  "UpdateTraineeJob" => ["dttp", 0, false],
  "QueueTraineeUpdatesJob" => ["dttp", true, false],
  "SyncSchoolsJob" => ["dttp", true, false],
  "SyncProvidersJob" => ["dttp", true, false],
  "SyncUsersJob" => ["dttp", true, false],
}.each do |name, (queue, retries, waits)|
  job = Class.new(RegisterJob) do
    queue_as queue
    sidekiq_options retry: retries
    retry_on(Dttp::Client::HttpError, jitter: 0) if waits
  end
  Dttp.const_set(name, job)
end

class Dttp::RetrieveTrnJob
  class TraineeAttributeError < StandardError; end
end
